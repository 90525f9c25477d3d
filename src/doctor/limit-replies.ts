import { type ReplyRule, TRANSACTION } from './reply-rule.js';

/** What servers say in words of how fast and how much, whatever the code. */
export const limitReplies: readonly ReplyRule[] = [
  // 451 Authentication failed: Maximum credits exceeded
  {
    means: 'QUOTA_EXCEEDED',
    confidence: 'certain',
    of: 'any',
    from: 'sendgrid',
    text: /Maximum credits/i,
  },
  // 550 5.7.0 Requested action not taken: too many emails per second
  {
    means: 'RATE_LIMITED',
    confidence: 'certain',
    of: 'any',
    at: TRANSACTION,
    text: /too many (?:e-?mails|messages|requests) per (?:second|minute)/i,
  },
  // 432 4.3.2 Concurrent connections limit exceeded; 421 Too many concurrent SMTP connections
  {
    means: 'TOO_MANY_CONNECTIONS',
    confidence: 'certain',
    of: 'any',
    text: /too many (?:concurrent |simultaneous |smtp )*(?:connections|sessions)|concurrent connections? limit|(?:sender )?thread limit exceeded/i,
  },
  // 454 Throttling failure: Daily message quota exceeded; 550 5.4.5 Daily user sending limit
  {
    means: 'QUOTA_EXCEEDED',
    confidence: 'certain',
    of: 'any',
    at: TRANSACTION,
    text: /\b(?:daily|monthly)\b.{0,40}\b(?:quota|limit)\b/i,
  },
  // 454 Throttling failure: Maximum sending rate exceeded
  {
    means: 'RATE_LIMITED',
    confidence: 'certain',
    of: 'any',
    at: TRANSACTION,
    text: /Throttling failure|sending rate exceeded|\brate[- ]limit(?:ed)?\b/i,
  },
  // 454 4.7.0 Too many login attempts, please try again later.
  {
    means: 'AUTH_RATE_LIMITED',
    confidence: 'certain',
    of: 'any',
    at: ['auth'],
    text: /too many (?:\w+ )?(?:log-?in|auth\w*|sign-?in)\b|too many (?:failed|bad) |\brate[- ]limit/i,
  },
];
