import type { CauseCode } from './causes.js';
import {
  type JudgedReply,
  type ReplyDiagnosis,
  type ReplyRule,
  TRANSACTION,
} from './reply-rule.js';

/** What providers say in words of who sends, who may and from where. */
export const senderReplies: readonly ReplyRule[] = [
  // 554 Message rejected: Email address is not verified. The following identities failed the
  // check in region EU-WEST-1: admin@example.org
  {
    means: refusedIdentity,
    confidence: 'certain',
    of: 5,
    at: TRANSACTION,
    text: /following identities failed the check/i,
  },
  // 554 Access denied: User `arn:…' is not authorized to perform `ses:SendRawEmail' on resource
  {
    means: 'PROVIDER_PERMISSION',
    confidence: 'certain',
    of: 5,
    at: TRANSACTION,
    from: 'amazon',
    text: /not authorized to perform/i,
  },
  // 550 The from address does not match a verified Sender Identity.
  // 550 The 'From' address you supplied (…) is not a Sender Signature on your account.
  // 550 5.7.1 Unconfigured Sending Domain <example.com>
  {
    means: 'SENDER_NOT_VERIFIED',
    confidence: 'certain',
    of: 5,
    at: TRANSACTION,
    text: /verified Sender Identity|Sender Signature|Unconfigured Sending Domain/i,
  },
  // 450 The example.com domain is not verified. (Resend, and it will be so tomorrow)
  {
    means: 'SENDER_NOT_VERIFIED',
    confidence: 'certain',
    of: 'any',
    at: TRANSACTION,
    from: 'resend',
    text: /domain is not verified/i,
  },
  {
    means: 'SENDER_NOT_VERIFIED',
    confidence: 'likely',
    of: 5,
    at: TRANSACTION,
    text: /domain is not verified|sender (?:address |domain )?(?:is )?not verified/i,
  },
  // 421 Domain sandbox….mailgun.org is not allowed to send: Sandbox subdomains are for test
  // purposes only.
  {
    means: 'PROVIDER_SANDBOX',
    confidence: 'certain',
    of: 'any',
    from: 'mailgun',
    text: /Sandbox subdomains/i,
  },
  // 554 5.2.252 SendAsDenied; ada@example.com not allowed to send as noreply@example.com
  // 553 5.7.1 <noreply@example.com>: Sender address rejected: not owned by user ada
  // 553 Relaying disallowed as noreply@example.com
  // 553 Mail from must equal authorized user
  {
    means: 'SENDER_NOT_OWNED',
    confidence: 'certain',
    of: 5,
    at: TRANSACTION,
    text: /SendAsDenied|not owned by user|Relaying disallowed as|must (?:equal|be same as) authori[sz](?:ed|ation) user|permissions? to send as/i,
  },
  // 550 5.7.1 Invalid credentials for relay [203.0.113.25].
  {
    means: 'RELAY_DENIED',
    confidence: 'certain',
    of: 5,
    from: 'google',
    text: /Invalid credentials for relay/i,
  },
  // 421 4.7.0 Try again later, closing connection. (EHLO), to a name that is not of the account
  {
    means: ({ host }) => (host.startsWith('smtp-relay.') ? 'EHLO_NAME_REJECTED' : undefined),
    confidence: 'likely',
    of: 4,
    at: ['ehlo'],
    codes: [421],
    from: 'google',
    text: /Try again later, closing connection/i,
  },
];

/** Amazon names who is not verified: the sender, which is a fault, or the recipient: the sandbox. */
function refusedIdentity({ text, sender, recipient }: JudgedReply): CauseCode | ReplyDiagnosis {
  const named = /failed the check[^:]*:\s*(.*)$/i.exec(text)?.[1]?.toLowerCase() ?? '';
  const identities = named.split(/[\s,;<>"']+/).filter(Boolean);
  const isNamed = (address: string | undefined): boolean => {
    const canonical = address?.toLowerCase() ?? '';
    const domain = canonical.slice(canonical.indexOf('@') + 1);
    return canonical !== '' && identities.some((one) => one === canonical || one === domain);
  };
  if (isNamed(sender)) return 'SENDER_NOT_VERIFIED';
  if (isNamed(recipient)) return 'PROVIDER_SANDBOX';
  return { code: 'SENDER_NOT_VERIFIED', confidence: 'guess' };
}
