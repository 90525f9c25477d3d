import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { Resolver } from 'node:dns/promises';
import { once } from 'node:events';
import { isIP } from 'node:net';
import type { ResolvedAddress } from '#egress';
import type { Names } from '#doctor';

/** What is in DNS under one name; a name that is not in the zone does not exist. */
export interface ZoneEntry {
  readonly A?: readonly string[];
  readonly AAAA?: readonly string[];
  /** An empty one is the null MX (RFC 7505). */
  readonly MX?: readonly string[];
  readonly TXT?: readonly string[];
  /** Instead of an answer. */
  readonly fault?: 'SERVFAIL' | 'REFUSED' | 'silence';
  /** Milliseconds before each answer. */
  readonly delay?: number;
}

export type Zone = Readonly<Record<string, ZoneEntry>>;

const TYPES = { 1: 'A', 28: 'AAAA', 15: 'MX', 16: 'TXT' } as const;
const RCODES = { SERVFAIL: 2, NXDOMAIN: 3, REFUSED: 5 } as const;

/** A name server of the tests' own on 127.0.0.1: real packets (RFC 1035). */
export class DnsServer {
  readonly #socket: Socket = createSocket('udp4');
  #isClosed = false;
  /** Names that were asked for. */
  readonly asked: string[] = [];

  private constructor(private readonly zone: Zone) {
    this.#socket.on('message', (packet, from) => this.#answer(packet, from));
  }

  static async start(zone: Zone): Promise<DnsServer> {
    const server = new DnsServer(zone);
    server.#socket.bind(0, '127.0.0.1');
    await once(server.#socket, 'listening');
    return server;
  }

  /** Names as this server has them; `hosts` are those of /etc/hosts, which win. */
  names(hosts: Readonly<Record<string, readonly string[]>> = {}): Names {
    const records = new Resolver({ timeout: 400, tries: 1 });
    records.setServers([`127.0.0.1:${this.#socket.address().port}`]);
    const asAddress = (address: string): ResolvedAddress => ({
      address,
      family: isIP(address) === 6 ? 6 : 4,
    });
    const resolve = async (host: string): Promise<readonly ResolvedAddress[]> => {
      if (isIP(host)) return [asAddress(host)];
      if (hosts[host]) return hosts[host].map(asAddress);
      const [a, aaaa] = await Promise.allSettled([records.resolve4(host), records.resolve6(host)]);
      const found = [aaaa, a].flatMap((each) => (each.status === 'fulfilled' ? each.value : []));
      if (found.length > 0) return found.map(asAddress);
      // getaddrinfo has one word for whatever it is
      throw Object.assign(new Error(`getaddrinfo ${host}`), { code: 'ENOTFOUND' });
    };
    return { records, resolve };
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#socket.close();
    await once(this.#socket, 'close');
  }

  #answer(packet: Buffer, { port, address }: RemoteInfo): void {
    const { name, end } = nameAt(packet, 12);
    this.asked.push(name);
    const type = TYPES[packet.readUInt16BE(end) as keyof typeof TYPES] as
      (typeof TYPES)[keyof typeof TYPES] | undefined;
    const entry = this.zone[name.toLowerCase()];
    if (entry?.fault === 'silence') return;
    const fault = entry ? entry.fault : 'NXDOMAIN';
    const values = type && !fault ? (entry?.[type] ?? []) : [];
    const answers = values.map((value) => record(packet.readUInt16BE(end), data(type, value)));
    const head = Buffer.from(packet.subarray(0, 12));
    head.writeUInt16BE(0x8180 | (fault ? RCODES[fault] : 0), 2);
    head.writeUInt16BE(1, 4);
    head.writeUInt16BE(answers.length, 6);
    head.writeUInt32BE(0, 8);
    const whole = Buffer.concat([head, packet.subarray(12, end + 4), ...answers]);
    setTimeout(() => this.#socket.send(whole, port, address, () => {}), entry?.delay ?? 0);
  }
}

function nameAt(packet: Buffer, at: number): { name: string; end: number } {
  const labels: string[] = [];
  let end = at;
  for (let length = packet[end] ?? 0; length > 0; length = packet[end] ?? 0) {
    labels.push(packet.toString('latin1', end + 1, end + 1 + length));
    end += length + 1;
  }
  return { name: labels.join('.'), end: end + 1 };
}

function record(type: number, value: Buffer): Buffer {
  const head = Buffer.alloc(12);
  head.writeUInt16BE(0xc00c, 0); // the name of the question
  head.writeUInt16BE(type, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt32BE(60, 6);
  head.writeUInt16BE(value.length, 10);
  return Buffer.concat([head, value]);
}

function data(type: string | undefined, value: string): Buffer {
  switch (type) {
    case 'A':
      return Buffer.from(value.split('.').map(Number));
    case 'AAAA':
      return ipv6(value);
    case 'MX':
      return Buffer.concat([Buffer.of(0, 10), labelled(value)]);
    default:
      return Buffer.concat(
        (value.match(/.{1,255}/gs) ?? ['']).map((part) =>
          Buffer.concat([Buffer.of(part.length), Buffer.from(part)]),
        ),
      );
  }
}

const labelled = (name: string): Buffer =>
  Buffer.concat([
    ...name
      .split('.')
      .filter(Boolean)
      .map((label) => Buffer.concat([Buffer.of(label.length), Buffer.from(label)])),
    Buffer.of(0),
  ]);

function ipv6(address: string): Buffer {
  const [head = '', tail = ''] = address.split('::');
  const groups = (text: string): string[] => text.split(':').filter(Boolean);
  const missing = 8 - groups(head).length - groups(tail).length;
  const all = [...groups(head), ...Array<string>(missing).fill('0'), ...groups(tail)];
  return Buffer.from(all.map((group) => group.padStart(4, '0')).join(''), 'hex');
}
