import { isLoopback, presetOfHost, type ProviderPreset, type SmtpSettings } from '#mailer-config';
import type { Environment, Fault, FaultCode } from '#settings';
import type { Situation } from './cause.js';
import { type CauseCode, causes } from './causes.js';
import { credentialFindings } from './credential-shape.js';
import { findingOf } from './finding.js';
import { isForeignFreemail } from './freemail.js';
import type { Finding, Fix, TlsStart } from './report.js';
import { reportedSettings } from './reported-settings.js';
import type { JudgedSettings } from './walk.js';

/** What reading the configuration gave, right or wrong. */
export interface ReadConfiguration {
  readonly environment: Environment;
  readonly faults: readonly Fault[];
  readonly warnings: readonly Fault[];
  /** Undefined: no server is named, or a setting it needs is at fault. */
  readonly smtp: SmtpSettings | undefined;
}

/** Faults that no SMTP setting has, so that no cause stands for them. */
type OtherFault = 'SECRET_KEY_WEAK' | 'VERIFICATION_SKIPPED' | 'NOTHING_DELIVERS';
type SmtpFault = Fault & { readonly code: Exclude<FaultCode, OtherFault> };

/** What only a convention speaks against; where there is a plan all the same, the walk finds out. */
const conventions: readonly CauseCode[] = [
  'TLS_MODE_IMPLICIT_ON_PLAIN',
  'TLS_MODE_PLAIN_ON_IMPLICIT',
];

/**
 * The first stage of the doctor, without a packet sent: every fault and warning of the SMTP
 * settings as a finding, and what can be told from the form of the credentials.
 */
export function judgeSettings(read: ReadConfiguration): JudgedSettings {
  const began = performance.now();
  const { environment, smtp } = read;
  const situation = smtp ? situationOf(smtp) : situationFrom(environment);
  const findings = [
    ...read.faults.filter(isOfSmtp).map((fault) => {
      const isRemark = smtp !== undefined && conventions.includes(fault.code);
      return fromFault(fault, isRemark ? 'warning' : 'error', situation, environment);
    }),
    ...read.warnings
      .filter(isOfSmtp)
      .map((warning) => fromFault(warning, 'warning', situation, environment)),
    ...(smtp ? credentialFindings(smtp, situation) : []),
    ...(smtp ? senderFindings(smtp, situation) : []),
  ];
  const settings = reportedSettings(environment);
  return { plan: smtp, findings, settings, ms: performance.now() - began };
}

/** Does it concern how mail goes out? `STMP_HOST` is none of ours, but was meant to be. */
function isOfSmtp(fault: Fault): fault is SmtpFault {
  if (fault.setting.startsWith('SMTP_') || fault.setting === '.env') return true;
  return fault.code === 'SETTING_UNKNOWN' && /\bSMTP_/.test(fault.instead);
}

function fromFault(
  fault: SmtpFault,
  severity: Finding['severity'],
  known: Situation,
  environment: Environment,
): Finding {
  const { code, setting, why } = fault;
  const situation = { ...known, setting, value: shownAsGiven(fault) };
  const { settings } = causes[code];
  return findingOf(code, situation, {
    stage: 'settings',
    severity,
    confidence: severity === 'error' ? 'certain' : 'likely',
    settings: [setting, ...settings.filter((name) => name !== setting && environment.has(name))],
    marks: { [setting]: why },
    evidence: [{ kind: 'setting', text: why }],
    fix: fixOf(fault, situation, environment),
  });
}

/** The value unless it is masked, and without the escapes for showing it. */
function shownAsGiven({ value }: Fault): string | undefined {
  if (value === undefined || value.includes('********')) return undefined;
  try {
    return value.startsWith('"') ? String(JSON.parse(value)) : value;
  } catch {
    return value;
  }
}

/** What the configuration advises, as settings where the cause knows them. */
function fixOf(
  { code, instead }: SmtpFault,
  situation: Situation,
  environment: Environment,
): Partial<Fix> {
  const byHand = { set: {}, unset: [], steps: [instead], alternatives: [] };
  // The settings that a cause names are not read beside SMTP_URL.
  if (environment.has('SMTP_URL')) return byHand;
  const preset = presetOfHost(situation.host);
  if (code === 'USERNAME_FORM' && preset && 'words' in preset.username)
    return { ...byHand, applicability: 'likely', set: oneWord(preset.username.words), steps: [] };
  const { set = {}, unset = [], steps = [] } = causes[code].help(situation);
  if (Object.keys(set).length + unset.length === 0) return byHand;
  return { steps: steps.length > 0 ? [instead] : [] };
}

const oneWord = (words: readonly string[]): Fix['set'] => ({ SMTP_USERNAME: words[0] ?? '' });

function senderFindings({ host, sender }: SmtpSettings, situation: Situation): Finding[] {
  if (isLoopback(host) || !isForeignFreemail(sender.address, host)) return [];
  const domain = sender.address.slice(sender.address.indexOf('@') + 1);
  return [
    findingOf('SENDER_FREEMAIL', situation, {
      stage: 'settings',
      severity: 'warning',
      confidence: 'likely',
      marks: { SMTP_SENDER: `only the servers of ${domain} may send for this domain` },
    }),
  ];
}

const modes = { 'implicit-tls': 'implicit', starttls: 'starttls', clear: 'none' } as const;

function situationOf({ host, port, security, auth, sender }: SmtpSettings): Situation {
  return {
    host,
    port,
    mode: modes[security],
    provider: presetOfHost(host)?.provider,
    username: auth.username,
    sender: sender.address,
  };
}

/** What is known where the settings give no plan: the texts as they are. */
function situationFrom(environment: Environment): Situation {
  const text = (name: string): string | undefined => {
    const given = environment.get(name);
    return given && !given.secret ? given.text : undefined;
  };
  const mode: TlsStart = /^(?:true|1|yes|on)$/i.test(text('SMTP_TLS') ?? '')
    ? 'implicit'
    : 'starttls';
  const host = text('SMTP_HOST') || 'the mail server';
  return {
    host,
    port: Number(text('SMTP_PORT')) || (mode === 'implicit' ? 465 : 587),
    mode,
    provider: presetNamed(host)?.provider,
    username: text('SMTP_USERNAME'),
    sender: text('SMTP_SENDER')?.includes('<') ? undefined : text('SMTP_SENDER'),
  };
}

const presetNamed = (host: string): ProviderPreset | undefined => presetOfHost(host.toLowerCase());
