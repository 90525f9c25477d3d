import { lookup } from 'node:dns/promises';
import { isIP, type Socket } from 'node:net';
import type { SmtpProxy, SmtpSettings } from '#mailer-config';
import { ProxyFailure, type ProxyFault } from './proxy.errors.js';

// Written here, and not taken from the package `socks`: that one passes on what follows the
// proxy's last reply by an event of the next turn. A mail server speaks first, so a greeting in
// the same segment would be lost. What read(n) leaves here stays in the socket.

type Target = Pick<SmtpSettings, 'host' | 'port'>;

/**
 * SOCKS4, and with a name instead of an address SOCKS4A.
 * @throws ProxyFailure
 */
export async function openSocks4Tunnel(
  socket: Socket,
  { host, port }: Target,
  { protocol, username }: SmtpProxy,
): Promise<void> {
  const address = protocol === 'socks4' ? await ipv4Of(host) : isIP(host) === 4 ? host : undefined;
  socket.write(
    Buffer.concat([
      Buffer.from([4, CONNECT, ...octets(port)]),
      // 0.0.0.1 is no address: the name stands at the end
      Buffer.from((address ?? '0.0.0.1').split('.').map(Number)),
      Buffer.from(`${username ?? ''}\0${address ? '' : `${host}\0`}`),
    ]),
  );
  const reply = await exactly(socket, 8);
  const [version, code = 0] = reply;
  if (version !== 0 || code < SOCKS4_GRANTED || code > 93) throw malformed(reply);
  if (code === SOCKS4_GRANTED) return;
  throw code === 91
    ? new ProxyFailure('failed', 'request rejected or failed, code 91')
    : new ProxyFailure('sign-in-refused', `the user name is not confirmed by identd, code ${code}`);
}

/**
 * SOCKS5 (RFC 1928), where credentials are given with RFC 1929.
 * @throws ProxyFailure
 */
export async function openSocks5Tunnel(
  socket: Socket,
  { host, port }: Target,
  { username, password }: SmtpProxy,
): Promise<void> {
  const offered = username ? [NO_SIGN_IN, BY_PASSWORD] : [NO_SIGN_IN];
  socket.write(Buffer.from([5, offered.length, ...offered]));
  const choice = await exactly(socket, 2);
  const [version, method = NONE_ACCEPTABLE] = choice;
  if (version !== 5) throw malformed(choice);
  if (method === NONE_ACCEPTABLE)
    throw username
      ? new ProxyFailure('failed', 'it takes no sign-in by password')
      : new ProxyFailure('sign-in-wanted');
  if (!offered.includes(method)) throw malformed(choice);
  if (method === BY_PASSWORD) await signIn(socket, username ?? '', password ?? '');
  socket.write(Buffer.from([5, CONNECT, 0, ...addressOf(host), ...octets(port)]));
  const reply = await exactly(socket, 4);
  const [answering, code = 0, reserved, kind = 0] = reply;
  if (answering !== 5 || reserved !== 0) throw malformed(reply);
  if (code !== 0) {
    const [fault, said] = SOCKS5_REPLIES[code] ?? (['failed', `code ${code}`] as const);
    throw new ProxyFailure(fault, said);
  }
  await exactly(socket, (await lengthOfBound(socket, kind, reply)) + PORT_OCTETS);
}

const CONNECT = 1;
const SOCKS4_GRANTED = 90;
const NO_SIGN_IN = 0;
const BY_PASSWORD = 2;
const NONE_ACCEPTABLE = 0xff;
const PORT_OCTETS = 2;

/** RFC 1928 section 6. */
const SOCKS5_REPLIES: Readonly<Record<number, readonly [ProxyFault, string]>> = {
  1: ['failed', 'general failure'],
  2: ['forbidden', 'connection not allowed by its rules'],
  3: ['target-unreachable', 'network unreachable'],
  4: ['target-unreachable', 'host unreachable'],
  5: ['target-unreachable', 'connection refused'],
  6: ['target-unreachable', 'time to live expired'],
  7: ['failed', 'command not supported'],
  8: ['target-unreachable', 'address type not supported'],
};

async function signIn(socket: Socket, username: string, password: string): Promise<void> {
  const user = Buffer.from(username);
  const pass = Buffer.from(password);
  socket.write(Buffer.concat([Buffer.from([1, user.length]), user, Buffer.of(pass.length), pass]));
  const reply = await exactly(socket, 2);
  if (reply[0] !== 1) throw malformed(reply);
  if (reply[1] !== 0) throw new ProxyFailure('sign-in-refused', `code ${reply[1]}`);
}

/** Address type and address, as in a request. */
function addressOf(host: string): number[] {
  switch (isIP(host)) {
    case 4:
      return [1, ...host.split('.').map(Number)];
    case 6:
      return [4, ...ipv6Octets(host)];
    default:
      return [3, host.length, ...Buffer.from(host)];
  }
}

function ipv6Octets(address: string): number[] {
  // URL writes an IPv6 address without dots, compressed once at most
  const canonical = new URL(`http://[${address.replace(/%.*$/, '')}]`).hostname.slice(1, -1);
  const [head = [], tail = []] = canonical
    .split('::')
    .map((part) => (part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16))));
  const zeros = Array<number>(8 - head.length - tail.length).fill(0);
  return [...head, ...zeros, ...tail].flatMap(octets);
}

async function lengthOfBound(socket: Socket, kind: number, reply: Buffer): Promise<number> {
  if (kind === 1) return 4;
  if (kind === 4) return 16;
  if (kind === 3) return (await exactly(socket, 1)).readUInt8();
  throw malformed(reply);
}

async function ipv4Of(host: string): Promise<string> {
  if (isIP(host) === 4) return host;
  try {
    return (await lookup(host, { family: 4 })).address;
  } catch (error) {
    throw new ProxyFailure('name-unknown', (error as NodeJS.ErrnoException).code);
  }
}

/** Exactly so many octets; what follows them stays in the socket. */
async function exactly(socket: Socket, length: number): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  // One listener for as long as it takes: adding one tells it at once of octets that are there
  // already, so that once() in a loop would spin for as long as there are too few.
  const take = (): void => {
    const taken = socket.read(length) as Buffer | null;
    if (!taken) return;
    socket.off('readable', take);
    // at its end read() gives what there is
    if (taken.length === length) resolve(taken);
    else reject(new ProxyFailure('closed'));
  };
  socket.on('readable', take);
  return await promise;
}

const octets = (number: number): number[] => [number >> 8, number & 0xff];

const malformed = (reply: Buffer): ProxyFailure =>
  new ProxyFailure('malformed', reply.toString('latin1'));
