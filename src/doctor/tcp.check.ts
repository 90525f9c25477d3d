import { HostRefused, type ResolvedAddress } from '#egress';
import { isLoopback, type SmtpSettings } from '#mailer-config';
import { ProxyFailure } from '#smtp';
import type { CauseCode } from './causes.js';
import { type Connected, connectTo } from './connect.js';
import { type Examination, failed, type Outcome, passed, passedWith } from './examination.js';
import { doorOf, provenFix, trialEvidence } from './proven.js';
import { PROXY_CAUSES } from './proxy-causes.js';
import type { Evidence, Finding, NodeError } from './report.js';
import { findDoor } from './trial.js';
import { Wire } from './wire.js';

/** More addresses are not tried: some services have dozens. */
const MOST_ADDRESSES = 6;
/** Milliseconds that the other addresses have once one has answered. */
const AFTER_THE_FIRST = 1_000;

/** One address, and how connecting to it went; undefined: it is still open. */
interface Attempt {
  readonly at: ResolvedAddress;
  result: Connected | undefined;
}

/** Connects: to every address of the host at once, or through the proxy. Says nothing. */
export async function checkTcp(examination: Examination): Promise<Outcome> {
  return examination.plan.proxy ? await throughProxy(examination) : await direct(examination);
}

async function direct(examination: Examination): Promise<Outcome> {
  const { plan, limits } = examination;
  const attempts = await tryAll(examination, examination.addresses.slice(0, MOST_ADDRESSES));
  const won = attempts.find(({ result }) => result?.kind === 'connected');
  for (const { result } of attempts)
    if (result?.kind === 'failed' && result.error instanceof HostRefused) throw result.error;
  if (!won || won.result?.kind !== 'connected')
    return await explain(examination, attempts, limits.tcp);
  const { socket, ms } = won.result;
  keep(examination, socket, ms);
  const evidence: Evidence = { kind: 'probe', text: `connected to ${won.at.address}`, ms };
  const dead = attempts.filter(({ result }) => result?.kind !== 'connected');
  if (dead.length === 0 || isLoopback(plan.host)) return passed(evidence);
  return passedWith([deadAddresses(examination, dead, won.at)], evidence);
}

function keep(examination: Examination, socket: Wire['socket'], rtt: number): void {
  const tcp = socket as NonNullable<Examination['connection']>['socket'];
  examination.connection = { socket: tcp, wire: new Wire(tcp, examination.log), rtt };
}

async function tryAll(
  examination: Examination,
  addresses: readonly ResolvedAddress[],
): Promise<Attempt[]> {
  const attempts = addresses.map((at): Attempt => ({ at, result: undefined }));
  const { promise: over, resolve } = Promise.withResolvers<void>();
  let winner: Attempt | undefined;
  let patience: NodeJS.Timeout | undefined;
  const all = attempts.map(async (attempt) => {
    const { plan, limits } = examination;
    const result = await connectTo(examination, plan, [attempt.at], limits.tcp);
    attempt.result = result;
    if (result.kind !== 'connected') return;
    winner ??= attempt;
    if (winner !== attempt) result.socket.destroy();
    else patience = setTimeout(resolve, Math.min(AFTER_THE_FIRST, limits.tcp));
  });
  await Promise.race([over, Promise.all(all)]);
  clearTimeout(patience);
  return winner ? [winner, ...attempts.filter((each) => each !== winner)] : attempts;
}

function deadAddresses(
  examination: Examination,
  dead: readonly Attempt[],
  alive: ResolvedAddress,
): Finding {
  const onlyIPv6 = alive.family === 4 && dead.every(({ at }) => at.family === 6);
  return examination.found(onlyIPv6 ? 'IPV6_UNREACHABLE' : 'DNS_SOME_ADDRESSES_DEAD', {
    stage: 'tcp',
    confidence: 'certain',
    severity: 'warning',
    evidence: dead.map(({ at, result }) => seenAt(at, result)),
  });
}

const codeOf = (result: Connected | undefined): string =>
  result?.kind === 'failed'
    ? ((result.error as NodeJS.ErrnoException).code ?? 'no connection')
    : 'ETIMEDOUT';

const seenAt = ({ address }: ResolvedAddress, result: Connected | undefined): Evidence => ({
  kind: 'probe',
  text: `${address}: ${codeOf(result) === 'ETIMEDOUT' ? 'no answer' : codeOf(result)}`,
  ...(result && { ms: result.ms }),
});

/** No address took the connection: why, and which other door of the host does. */
async function explain(
  examination: Examination,
  attempts: readonly Attempt[],
  ms: number,
): Promise<Outcome> {
  const { plan } = examination;
  const codes = attempts.map(({ result }) => codeOf(result));
  const evidence = attempts.map(({ at, result }) => seenAt(at, result));
  const node: NodeError = { code: 'ESOCKET', originalCode: codes[0] ?? null };
  const local = codes.find((code) => code === 'EADDRNOTAVAIL' || code === 'EAFNOSUPPORT');
  if (plan.localAddress && local)
    return failed(
      `no connection from ${plan.localAddress} (${local})`,
      examination.found(
        'VALUE_INVALID',
        { stage: 'tcp', confidence: 'certain', settings: ['SMTP_LOCAL_ADDRESS'], evidence, node },
        { setting: 'SMTP_LOCAL_ADDRESS', value: plan.localAddress },
      ),
    );
  const [door, isElsewhere] = await Promise.all([
    findDoor(examination),
    answersElsewhere(examination, ms),
  ]);
  const code = isElsewhere ? 'DNS_WRONG_ADDRESS' : causeOf(examination, codes, attempts, !!door);
  const finding = examination.found(
    code,
    {
      stage: 'tcp',
      confidence: 'certain',
      severity: 'error',
      ...(code === 'CONNECTION_FILTERED' && codes.every(isRefusedHere) && { title: noWay(plan) }),
      evidence: [...evidence, ...trialEvidence(door)],
      node,
      fix: isElsewhere ? {} : provenFix(examination, door),
    },
    doorOf(door),
  );
  return failed(`no connection to port ${plan.port} (${codes[0] ?? 'no address'})`, finding);
}

/** The kernel, or a router, said at once that there is no way: nothing vanished. */
const isRefusedHere = (code: string): boolean =>
  ['ENETUNREACH', 'EHOSTUNREACH', 'EACCES', 'EPERM'].includes(code);

const noWay = ({ host, port }: SmtpSettings): string =>
  `There is no way to ${host}:${port} from here`;

/** Does the server answer at the address that DNS has, and this machine does not know of? */
async function answersElsewhere(examination: Examination, ms: number): Promise<boolean> {
  const others = await examination.otherAddresses;
  if (others.length === 0) return false;
  const connected = await connectTo(examination, examination.plan, others, ms);
  return connected.kind === 'connected';
}

function causeOf(
  { plan }: Examination,
  codes: readonly string[],
  attempts: readonly Attempt[],
  hasDoor: boolean,
): CauseCode {
  const loopback = attempts.every(({ at }) => isLoopback(at.address));
  if (codes.includes('ECONNREFUSED'))
    return loopback && !hasDoor ? 'CONNECTION_REFUSED_LOOPBACK' : 'CONNECTION_REFUSED';
  if (codes.includes('ECONNRESET')) return 'CONNECTION_RESET';
  const unreachable = codes.every((code) => code === 'ENETUNREACH' || code === 'EHOSTUNREACH');
  if (unreachable && attempts.every(({ at }) => at.family === 6)) return 'IPV6_UNREACHABLE';
  return plan.port === 25 && hasDoor ? 'PORT_25_BLOCKED' : 'CONNECTION_FILTERED';
}

async function throughProxy(examination: Examination): Promise<Outcome> {
  const { plan, addresses, limits } = examination;
  const { proxy } = plan;
  const at = `${proxy?.host}:${proxy?.port}`;
  const connected = await connectTo(examination, plan, addresses, limits.tcp);
  if (connected.kind === 'connected') {
    keep(examination, connected.socket, connected.ms);
    return passed({ kind: 'probe', text: `connected through the proxy ${at}`, ms: connected.ms });
  }
  const error = connected.kind === 'failed' ? connected.error : undefined;
  if (error instanceof HostRefused) throw error;
  const fault = error instanceof ProxyFailure ? error : undefined;
  const code = PROXY_CAUSES[fault ? (`proxy-${fault.fault}` as const) : 'proxy-unreachable'];
  const words = fault?.said && ` (${examination.log.shown(fault.said, 120)})`;
  const text = `the proxy ${at}: ${fault ? `${fault.fault}${words}` : codeOf(connected)}`;
  const finding = examination.found(code, {
    stage: 'tcp',
    confidence: fault?.fault === 'target-unreachable' ? 'likely' : 'certain',
    evidence: [{ kind: 'probe', text, ms: connected.ms }],
    node: { code: 'ESOCKET', originalCode: fault ? null : codeOf(connected) },
  });
  return failed(text, finding);
}
