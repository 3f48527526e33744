/**
 * Aedes alone, to compare with:
 *
 *     node --import tsx bench/aedes-process.ts bare
 *     node --import tsx bench/aedes-process.ts durable FILE
 *
 * `bare` acknowledges and forgets. `durable` is the least that keeps the promise "acknowledged means durable":
 * JSON.parse, one append and one fdatasync for all messages that arrived meanwhile, acknowledgements in the order of
 * arrival; no checksum, no sequence, nothing is looked at. Prints `{"port":…}`.
 */
import { type FileHandle, open } from 'node:fs/promises';
import net from 'node:net';
import { Aedes, type PublishPacket } from 'aedes';

type Done = (error?: Error | null) => void;

const [kind, file = ''] = process.argv.slice(2);

/** Appends groups to a file: what arrives while one is on its way to the disk forms the next. */
class GroupCommit {
  private readonly handle: FileHandle;
  private payloads: Buffer[] = [];
  private waiting: Done[] = [];
  private committing = false;

  constructor(handle: FileHandle) {
    this.handle = handle;
  }

  append(payload: Buffer, done: Done): void {
    this.payloads.push(payload);
    this.waiting.push(done);
    if (this.committing || this.waiting.length > 1) return;
    setImmediate(() => void this.commit());
  }

  private async commit(): Promise<void> {
    this.committing = true;
    while (this.waiting.length > 0) {
      const { payloads, waiting } = this;
      this.payloads = [];
      this.waiting = [];
      await this.handle.write(Buffer.concat(payloads));
      await this.handle.datasync();
      for (const done of waiting) done(null);
    }
    this.committing = false;
  }
}

let aedes: Aedes;
if (kind === 'durable') {
  const journal = new GroupCommit(await open(file, 'a'));
  aedes = await Aedes.createBroker({
    authorizePublish(_client, packet: PublishPacket, done) {
      const payload = packet.payload as Buffer;
      JSON.parse(payload.toString());
      journal.append(payload, done);
    },
  });
} else {
  aedes = await Aedes.createBroker();
}

const server = net.createServer({ noDelay: true }, aedes.handle);
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  const port = address !== null && typeof address === 'object' ? address.port : 0;
  process.stdout.write(`${JSON.stringify({ port })}\n`);
});
process.once('SIGTERM', () => process.exit(0));
