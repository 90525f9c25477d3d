import { randomBytes } from 'node:crypto';
import { Inject, Injectable, Logger } from '@nestjs/common';
import {
  buildAuthorizationUrl,
  calculatePKCECodeChallenge,
  randomPKCECodeVerifier,
} from 'openid-client';
import { DATABASE, type Db } from '#database';
import type { OAuth2Settings, SmtpSettings } from '#mailer-config';
import { namingSettings, NoAccessToken } from '#smtp';
import { Vault } from '#vault';
import { ConsentFailed } from './consent.errors.js';
import { endPause, openConsent, spendConsent } from './consent.repository.js';
import { fingerprintOf } from './fingerprint.js';
import { quote } from './grant-refusal.js';
import { configuration, exchangeCode, type GrantedTokens } from './grants.js';
import { usableFor } from './token-lifetime.js';
import { writeTokens } from './token.repository.js';

/** What the person who owns the mailbox has to open in a browser. */
export interface ConsentRequest {
  readonly url: string;
  readonly expiresAt: Date;
}

/** What the provider sent that browser back with (RFC 6749 section 4.1.2). */
export interface ConsentAnswer {
  readonly state: string;
  readonly code?: string | undefined;
  readonly error?: string | undefined;
  readonly error_description?: string | undefined;
}

/** The consent of whoever owns a mailbox that we send by it: RFC 6749 section 4.1 with PKCE. */
@Injectable()
export class Consents {
  readonly #logger = new Logger('OAuth2');

  constructor(
    @Inject(DATABASE) private readonly db: Db,
    private readonly vault: Vault,
  ) {}

  /**
   * @param redirectUri where the answer comes in; the application has to know it
   * @throws {ConsentFailed} `impossible`
   */
  async begin(account: SmtpSettings, redirectUri: string): Promise<ConsentRequest> {
    const oauth2 = consentable(account);
    const state = randomBytes(32).toString('base64url');
    const codeVerifier = randomPKCECodeVerifier();
    const url = buildAuthorizationUrl(configuration(oauth2, account), {
      redirect_uri: redirectUri,
      state,
      code_challenge: await calculatePKCECodeChallenge(codeVerifier),
      code_challenge_method: 'S256',
      ...(account.auth.username && { login_hint: account.auth.username }),
      ...offlineAccess(oauth2),
    });
    const expiresAt = await openConsent(this.db, this.vault.hmac('oauth2', 'state', state), {
      accountId: account.id,
      fingerprint: fingerprintOf(account),
      redirectUri,
      codeVerifier: this.vault.seal('oauth2', codeVerifier, redirectUri),
    });
    return { url: url.href, expiresAt };
  }

  /**
   * Takes the answer, which counts once, and stores the refresh token it brings.
   *
   * @param find an account by its id, as it is now
   * @returns the account that can send again
   * @throws {ConsentFailed}
   */
  async complete(
    answer: ConsentAnswer,
    find: (id: string) => SmtpSettings | undefined,
  ): Promise<SmtpSettings> {
    const consent = await spendConsent(this.db, this.vault.hmacs('oauth2', 'state', answer.state));
    if (!consent)
      throw new ConsentFailed(
        'unknown',
        'This answer was used already, or it came too late: there are ten minutes for it. Begin again.',
      );
    const account = find(consent.accountId);
    if (!account || !fingerprintOf(account).equals(consent.fingerprint))
      throw new ConsentFailed(
        'unknown',
        'The settings of the account have changed since this was begun. Begin again.',
      );
    const { code } = answer;
    if (!code)
      throw new ConsentFailed(
        'refused',
        `The consent for the SMTP account "${account.name}" was refused (${quote({ ...answer, error: answer.error || 'no code' }, [])}). Begin again, and consent as ${account.auth.username ?? 'the mailbox'}.`,
      );
    const { redirectUri } = consent;
    const codeVerifier = this.vault.open('oauth2', consent.codeVerifier, redirectUri).toString();
    await this.#store(account, await this.#exchange(account, { code, redirectUri, codeVerifier }));
    this.#logger.log(
      { account: account.name },
      `Consent for the SMTP account "${account.name}" is given`,
    );
    return account;
  }

  async #exchange(
    account: SmtpSettings,
    code: { code: string; redirectUri: string; codeVerifier: string },
  ): Promise<GrantedTokens> {
    try {
      return await exchangeCode(consentable(account), code, account);
    } catch (error) {
      if (!(error instanceof NoAccessToken)) throw error;
      const reason = error.kind === 'consent' ? 'refused' : error.kind;
      throw new ConsentFailed(reason, namingSettings(account, error.message), { cause: error });
    }
  }

  async #store(account: SmtpSettings, granted: GrantedTokens): Promise<void> {
    const { accessToken, refreshToken, expiresIn } = granted;
    if (!refreshToken)
      throw new ConsentFailed(
        'settings',
        'The provider gave no refresh token, so that mail could be sent for an hour only. Allow the application offline access (for Microsoft the scope offline_access) and begin again.',
      );
    const key = { accountId: account.id, fingerprint: fingerprintOf(account) };
    await this.db.transaction().execute(async (tx) => {
      await writeTokens(tx, this.vault, key, { accessToken, refreshToken }, usableFor(expiresIn));
      await endPause(tx, account.id);
    });
  }
}

function consentable(account: SmtpSettings): OAuth2Settings {
  const {
    name,
    auth: { oauth2 },
  } = account;
  if (oauth2?.grant === 'refresh_token' && oauth2.authorizationUrl && oauth2.clientId)
    return oauth2;
  const why =
    oauth2?.grant === 'refresh_token'
      ? 'it is not known where its provider asks for it. Set SMTP_OAUTH2_AUTHORIZE_URL, or a refresh token.'
      : oauth2
        ? `it gets its tokens by itself (${oauth2.grant}).`
        : 'it does not sign in with OAuth2.';
  throw new ConsentFailed(
    'impossible',
    namingSettings(account, `Nobody can consent for the SMTP account "${name}": ${why}`),
  );
}

/** What makes a provider give a refresh token, which the standard leaves to each of them. */
function offlineAccess({ authorizationUrl, scope }: OAuth2Settings): Record<string, string> {
  const scopes = new Set(scope?.split(' ').filter(Boolean));
  switch (URL.parse(authorizationUrl ?? '')?.hostname) {
    case 'accounts.google.com':
      // Google gives one at the first consent only, unless it is asked for again.
      return { scope: [...scopes].join(' '), access_type: 'offline', prompt: 'consent' };
    case 'login.microsoftonline.com':
      return { scope: [...scopes.add('offline_access')].join(' ') };
    default:
      return scopes.size > 0 ? { scope: [...scopes].join(' ') } : {};
  }
}
