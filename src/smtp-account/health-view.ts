import type { DatedCheckup } from './account-checkups.service.js';

/** How an account is doing, as all workers know it together. */
export interface HealthView {
  /**
   * `ok`: it works. `failing`: the last tries failed. `paused`: it is left alone for a while.
   * `needs-consent`: somebody has to consent again (OAuth2). `disabled`: an operator wants it so.
   * `unused`: nothing is known yet. `invalid`: what is stored can not be used.
   */
  readonly status: (typeof healthStatuses)[number];
  readonly breaker: 'closed' | 'open' | 'half-open';
  /** When one mail may try a paused account. */
  readonly retryAt: Date | null;
  readonly lastSuccessAt: Date | null;
  readonly lastFailureAt: Date | null;
  /** A sentence. */
  readonly lastFailure: string | null;
  readonly sentLastMinute: number;
  readonly sentLastDay: number;
  /** Null: no limit. */
  readonly maxPerMinute: number | null;
  readonly maxPerDay: number | null;
  readonly tokenExpiresAt: Date | null;
  /** Null: he has not looked since the settings changed. */
  readonly doctor: DatedCheckup | null;
}

export const healthStatuses = [
  'ok',
  'failing',
  'paused',
  'needs-consent',
  'disabled',
  'unused',
  'invalid',
] as const;
