import { isLoopback, type SmtpSettings } from '#mailer-config';
import type { Verdict } from '#smtp';
import { NOT_SMTP, speakerOf } from './banner.js';
import { missingMethod } from './missing-method.js';
import { PROXY_CAUSES } from './proxy-causes.js';
import { tokenCause } from './token-causes.js';
import {
  certain,
  type Diagnosed,
  type Failed,
  likely,
  type WireFailure,
} from './wire-diagnosis.js';
import { byImplicitTls, byStartTls } from './wire-handshake.js';
import { greetingIn, offersIn } from './wire-transcript.js';

/**
 * The cause of a failure by what the wire saw of it. Nothing is claimed that only a further look
 * could tell: whether another port answers, or who it is that says nothing.
 *
 * @returns undefined where the sentence of the verdict says all there is
 */
export function diagnoseWire(verdict: Failed, account: SmtpSettings): WireFailure | undefined {
  const { stage, ending, errorCode = '' } = verdict;
  if (ending === undefined || ending === 'reply' || ending === 'aborted') return undefined;
  if (ending === 'policy') return byFault(verdict, account);
  switch (stage) {
    case 'dns':
      return byName(errorCode, account);
    case 'tcp':
      return byConnection(errorCode, account);
    case 'tls':
      return account.security === 'implicit-tls'
        ? byImplicitTls(verdict, account)
        : byStartTls(verdict, account);
    case 'greeting':
      return byGreeting(verdict, account);
    case 'ehlo':
      return someoneElse(verdict) ?? EHLO[ending];
    case 'oauth2':
      return ending === 'deadline' ? certain('OAUTH_ENDPOINT_UNREACHABLE') : undefined;
    case 'auth':
      return AUTH[ending];
    case 'mail':
    case 'rcpt':
      return undefined;
    case 'data':
      // before the message it is a command like any other
      return verdict.transcript.some((line) => line.startsWith('C: (message'))
        ? MESSAGE[ending]
        : undefined;
    case 'dot':
      return MESSAGE[ending];
    default:
      return stage satisfies never;
  }
}

function byName(errorCode: string, { host }: SmtpSettings): Diagnosed {
  switch (errorCode) {
    case 'ENOTFOUND':
      // the system has one word for a name that is not there and for one without address
      return likely('DNS_NXDOMAIN', `No address is known for a host named ${host}`);
    case 'ENODATA':
      return certain('DNS_NO_ADDRESS');
    // the name server answers that it can not tell, or (EAI_AGAIN) perhaps not at all
    case 'ESERVFAIL':
    case 'EAI_AGAIN':
      return likely('DNS_SERVFAIL');
    case 'ETIMEDOUT':
      return certain('DNS_TIMEOUT');
    default:
      return undefined;
  }
}

function byConnection(errorCode: string, account: SmtpSettings): Diagnosed {
  const { host, port } = account;
  switch (errorCode) {
    case 'ECONNREFUSED':
      return likely(isLoopback(host) ? 'CONNECTION_REFUSED_LOOPBACK' : 'CONNECTION_REFUSED');
    case 'ECONNRESET':
      return likely('CONNECTION_RESET');
    case 'ETIMEDOUT':
      return likely('CONNECTION_FILTERED');
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return likely('CONNECTION_FILTERED', `There is no way to ${host}:${port}`);
    case 'EADDRNOTAVAIL':
      return notOurs('SMTP_LOCAL_ADDRESS is no address of this machine', account);
    case 'EAFNOSUPPORT':
      return notOurs(`${host} has no address of the family of SMTP_LOCAL_ADDRESS`, account);
    case 'EACCES':
    case 'EPERM':
      return likely(
        'CONNECTION_FILTERED',
        `This machine does not let us connect to ${host}:${port}`,
      );
    default:
      return undefined;
  }
}

const notOurs = (title: string, { localAddress: value }: SmtpSettings): WireFailure => ({
  ...certain('VALUE_INVALID', title),
  situation: { setting: 'SMTP_LOCAL_ADDRESS', value },
});

const IF_TLS_PORT =
  'Where the port expects TLS from the first byte, as 465 does, write SMTP_TLS=true; else compare SMTP_HOST and SMTP_PORT with the page of the provider.';

function byGreeting(verdict: Failed, { security }: SmtpSettings): Diagnosed {
  const { ending, errorCode } = verdict;
  if (ending === 'deadline')
    return security === 'implicit-tls'
      ? likely('SILENT_SERVER')
      : { ...likely('SILENT_SERVER'), steps: [IF_TLS_PORT] };
  if (ending === 'malformed') return someoneElse(verdict) ?? certain('NOT_TLS');
  return errorCode === undefined ? likely('CLOSED_BEFORE_GREETING') : likely('CONNECTION_RESET');
}

/** By its first words: another service, which may have greeted as a mail server does. */
export function someoneElse({
  reply = '',
  transcript,
}: Partial<Pick<Verdict, 'reply'>> & Pick<Verdict, 'transcript'>): Diagnosed {
  const greeting = greetingIn(transcript) ?? reply;
  // what can not be shown was escaped, as binary protocols are
  const speaker = greeting.includes('\\u{') ? 'binary' : speakerOf(Buffer.from(greeting, 'latin1'));
  return speaker in NOT_SMTP ? certain(NOT_SMTP[speaker as keyof typeof NOT_SMTP]) : undefined;
}

type Ending = Exclude<NonNullable<Verdict['ending']>, 'reply' | 'aborted' | 'policy'>;
type ByEnding = Readonly<Record<Ending, Diagnosed>>;

const EHLO: ByEnding = {
  deadline: likely('EHLO_STALL'),
  lost: likely('CONNECTION_RESET'),
  malformed: likely('EHLO_UNSUPPORTED'),
};

const AUTH: ByEnding = {
  deadline: likely('AUTH_TEMPORARY'),
  lost: likely('AUTH_HANGUP'),
  malformed: undefined,
};

const MESSAGE: ByEnding = {
  deadline: likely('DATA_STALL'),
  lost: likely('DATA_HANGUP'),
  malformed: undefined,
};

/** We did not go on ourselves. */
function byFault({ fault, sentence, transcript }: Failed, account: SmtpSettings): Diagnosed {
  switch (fault) {
    case undefined:
      return undefined;
    case 'no-common-sign-in':
      return bySignIn(transcript, account);
    case 'token-transient':
      return tokenCause('transient', sentence);
    case 'token-consent':
      return tokenCause('consent', sentence);
    case 'token-settings':
      return tokenCause('settings', sentence);
    // the proxy's word for what it may have met
    case 'proxy-target-unreachable':
    case 'proxy-name-unknown':
      return likely(PROXY_CAUSES[fault], firstSentence(sentence));
    // it names the proxy, and what that said
    default:
      return certain(PROXY_CAUSES[fault], firstSentence(sentence));
  }
}

function bySignIn(transcript: Verdict['transcript'], account: SmtpSettings): WireFailure {
  const offers = offersIn(transcript);
  // what is not offered in clear text may be offered behind STARTTLS
  return account.security === 'clear' && offers?.has('STARTTLS')
    ? likely('STARTTLS_REQUIRED')
    : certain(missingMethod(account, offers?.get('AUTH') ?? []));
}

/** Without its full stop. A host has dots too, and no blank behind them. */
const firstSentence = (text: string): string => text.replace(/\.(?:\s.*)?$/s, '');
