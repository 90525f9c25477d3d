import { isIP } from 'node:net';
import { type Distrust, judgeCertificate, namesIn } from './certificate.js';
import { connectTo } from './connect.js';
import { type Examination, failed, type Outcome } from './examination.js';
import { type Handshake, shakeHands } from './handshake.js';
import type { Evidence, Finding, Fix } from './report.js';
import { beginTls } from './starttls.js';
import { type Trial, tryOut } from './trial.js';

type Secured = Extract<Handshake, { kind: 'secured' }>;

/** More names of a certificate are not tried. */
const MOST_NAMES = 3;

/**
 * What is wrong with the certificate of a handshake, and which setting would do.
 *
 * @param greeting the first line the server said; empty where it said none
 */
export async function explainCertificate(
  examination: Examination,
  { certificate, distrust = '', ms }: Secured,
  greeting: string,
): Promise<Finding> {
  const { plan } = examination;
  const judged = judgeCertificate(certificate, plan, distrust, greeting);
  const shown = (text: string): string => examination.log.shown(text, 200);
  const evidence: Evidence[] = certificate
    ? [
        {
          kind: 'certificate',
          text: shown(
            `for ${namesIn(certificate).slice(0, 5).join(', ') || 'no name'}; issued by ${judged.situation.issuer}; valid from ${day(certificate.validFrom)} to ${day(certificate.validTo)}`,
          ),
          ms,
        },
      ]
    : [];
  const better = await findName(examination, judged, greeting);
  const isInsecure = plan.tls.insecure;
  return examination.found(
    better?.needsSni ? 'SNI_NEEDED' : judged.code,
    {
      stage: 'tls',
      confidence: judged.confidence,
      ...(isInsecure && { severity: 'warning' as const }),
      evidence: better?.trial
        ? [...evidence, { kind: 'probe', text: `${better.name}: ${better.trial.text}` }]
        : evidence,
      node: { code: 'ESOCKET', originalCode: distrust },
      ...(better?.fix && { fix: better.fix }),
    },
    {
      ...judged.situation,
      certificateNames: judged.situation.certificateNames?.map(shown),
      issuer: shown(judged.situation.issuer ?? ''),
      ...(better && { name: better.name }),
    },
  );
}

export const certificateFailure = (finding: Finding): Outcome => failed(finding.title, finding);

const day = (text: string): string => new Date(text).toISOString().slice(0, 10);

interface BetterName {
  readonly name: string;
  readonly trial: Trial | undefined;
  readonly needsSni: boolean;
  readonly fix?: Partial<Fix>;
}

/** A name by which the very same server is trusted. */
async function findName(
  examination: Examination,
  { code, situation }: Distrust,
  greeting: string,
): Promise<BetterName | undefined> {
  if (code !== 'CERT_WRONG_HOST' && code !== 'CERT_WRONG_HOST_IP') return undefined;
  const { plan, given } = examination;
  if (given.has('SMTP_URL')) return undefined;
  const isBare = isIP(plan.host) !== 0 && plan.tls.servername === undefined;
  const greeted = /^220[ -]([a-z0-9-]+(?:\.[a-z0-9-]+)*)\b/i.exec(greeting)?.[1];
  if (isBare && greeted && (await bringsAnother(examination, greeted)))
    return await byName(examination, greeted, true);
  const names = (situation.certificateNames ?? []).filter(
    (name) => !/[*]/.test(name) && !isIP(name),
  );
  for (const name of names.slice(0, MOST_NAMES)) {
    const better = await byName(examination, name, false);
    if (better.trial) return better;
  }
  return undefined;
}

/** Does the server show a certificate for this name when it is asked for by it (RFC 6066)? */
async function bringsAnother(examination: Examination, name: string): Promise<boolean> {
  const { plan, addresses, limits } = examination;
  const named = { ...plan, tls: { ...plan.tls, servername: name } };
  const connected = await connectTo(examination, named, addresses, limits.tcp);
  if (connected.kind !== 'connected') return false;
  if (plan.security === 'starttls' && !(await beginTls(examination, connected.socket)))
    return false;
  const hands = await shakeHands(connected.socket, named, examination.within(limits.handshake));
  connected.socket.destroy();
  return hands.kind === 'secured' && hands.distrust === undefined;
}

async function byName(
  examination: Examination,
  name: string,
  needsSni: boolean,
): Promise<BetterName> {
  const { plan, given } = examination;
  const tls = { ...plan.tls, servername: undefined };
  const asHost = await tryOut(examination, { ...plan, host: name, tls });
  const unset = given.has('SMTP_TLS_SERVERNAME') ? ['SMTP_TLS_SERVERNAME'] : [];
  if (asHost) {
    const fix = { applicability: 'verified', set: { SMTP_HOST: name }, unset, steps: [] } as const;
    return { name, trial: asHost, needsSni, fix };
  }
  // only whoever wrote an address has chosen the machine already; a name may lead anywhere
  const named = { ...plan, tls: { ...plan.tls, servername: name } };
  const asName = isIP(plan.host) ? await tryOut(examination, named) : undefined;
  if (!asName) return { name, trial: undefined, needsSni };
  const set = { SMTP_TLS_SERVERNAME: name };
  return { name, trial: asName, needsSni, fix: { applicability: 'verified', set, steps: [] } };
}
