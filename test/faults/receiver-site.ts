import { type Behave, type ReceivedRequest, startReceiver, type TestReceiver } from '../helpers/receiver.ts';
import type { PlannedReceiver } from './site-plan.ts';

const SECRET = `whsec_${Buffer.from('davylamp-fault-test-secret-0123456789').toString('base64')}`;

/** A webhook receiver that can go down and come back at the same address; its ledger outlives that. */
export class ReceiverSite {
  /** Every request of all its lives, in the order they came in. */
  readonly requests: ReceivedRequest[] = [];
  readonly id: string;
  private live: TestReceiver | null = null;
  private port = 0;

  constructor(id: string) {
    this.id = id;
  }

  get plan(): PlannedReceiver {
    return { id: this.id, url: `http://127.0.0.1:${this.port}/alarms`, secret: SECRET };
  }

  async up(): Promise<void> {
    if (this.live) return;
    this.live = await startReceiver({
      secret: SECRET,
      port: this.port,
      onRequest: (request) => this.requests.push(request),
    });
    this.port = this.live.port;
  }

  /** Connections break and new ones are refused. */
  async down(): Promise<void> {
    const { live } = this;
    this.live = null;
    await live?.close();
  }

  behave(behave: Behave): void {
    this.live?.behave(behave);
  }

  /** Accepted events, repeats of an id left out. */
  get accepted(): number {
    return new Set(this.requests.filter(({ accepted }) => accepted).map(({ id }) => id)).size;
  }
}
