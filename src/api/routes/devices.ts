import { Type } from '@sinclair/typebox';
import type { Device } from '../../model/device.ts';
import { AppError } from '../../model/error.ts';
import { deviceSchema, deviceWire } from '../device.ts';
import type { ApiPorts } from '../ports.ts';
import { problems } from '../problem.ts';
import { type Api, listOf, named } from '../typebox.ts';
import { limit, name } from '../wire.ts';

const DEFAULT_LIMIT = 100;

/** `devices`: what is watched, with the limits in force. */
export function addDeviceRoutes(api: Api, ports: ApiPorts): void {
  // 100,000 keys are sorted once for a configuration, not for every page.
  const sortedKeys = new WeakMap<ReadonlyMap<string, Device>, readonly string[]>();

  function keysOf(devices: ReadonlyMap<string, Device>): readonly string[] {
    const known = sortedKeys.get(devices);
    if (known) return known;
    const keys = [...devices.keys()].sort();
    sortedKeys.set(devices, keys);
    return keys;
  }

  function page(site: string | undefined, after: string | undefined, most: number) {
    const { devices } = ports.configuration;
    const items: Device[] = [];
    for (const key of keysOf(devices)) {
      if (after !== undefined && key <= after) continue;
      const device = devices.get(key);
      if (!device || (site !== undefined && device.site !== site)) continue;
      if (items.length === most) return { items, next: items.at(-1)?.key ?? null };
      items.push(device);
    }
    return { items, next: null };
  }

  api.get(
    '/devices',
    {
      schema: {
        tags: ['devices'],
        operationId: 'listDevices',
        summary: 'Configured devices with the limits in force, by key',
        querystring: Type.Object(
          {
            site: Type.Optional(name),
            cursor: Type.Optional(
              Type.String({ minLength: 1, maxLength: 130, description: '`next` of the page before.' }),
            ),
            limit: limit(1000, DEFAULT_LIMIT),
          },
          { additionalProperties: false },
        ),
        response: { 200: listOf(named(deviceSchema), Type.String()), ...problems(400) },
      },
    },
    (request) => {
      const { site, cursor, limit: most = DEFAULT_LIMIT } = request.query;
      const { items, next } = page(site, cursor, most);
      return { items: items.map((device) => deviceWire(device, ports.deviceStatus(device.key))), next };
    },
  );

  api.get(
    '/devices/:site/:device',
    {
      schema: {
        tags: ['devices'],
        operationId: 'getDevice',
        summary: 'One device',
        params: Type.Object({ site: name, device: name }),
        response: { 200: named(deviceSchema), ...problems(400, 404) },
      },
    },
    (request) => {
      const device = findDevice(ports, request.params);
      return deviceWire(device, ports.deviceStatus(device.key));
    },
  );
}

/** @throws AppError `DEVICE_UNKNOWN` */
export function findDevice({ configuration }: ApiPorts, at: { site: string; device: string }): Device {
  const key = `${at.site}/${at.device}`;
  const device = configuration.devices.get(key);
  if (!device) throw new AppError('DEVICE_UNKNOWN', `no device ${key} is configured`);
  return device;
}
