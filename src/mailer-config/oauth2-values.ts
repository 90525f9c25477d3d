import { Refusal, refuse } from '#settings';
import { isLoopback } from './smtp-host.js';

const example = 'https://login.your-provider.com/oauth2/token';

/**
 * An endpoint of RFC 6749 section 3: secrets are sent to it, so TLS is a must but on loopback,
 * and it has no fragment.
 */
export function endpointUrl(text: string): string | Refusal {
  const url = /^https?:\/\/[^/]/i.test(text) && !/\s/.test(text) ? URL.parse(text) : null;
  if (!url)
    return refuse('VALUE_INVALID', 'This is no web address beginning with https://.', example);
  if (url.username || url.password)
    return refuse(
      'VALUE_INVALID',
      'User name and password do not belong into this address; the application has an id and a secret.',
      example,
    );
  if (text.includes('#'))
    return refuse('VALUE_INVALID', 'An endpoint has no # in its address (RFC 6749).', example);
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  if (url.protocol === 'http:' && !isLoopback(host))
    return refuse(
      'VALUE_INVALID',
      'Over http:// anybody on the way could read the tokens and the secret of the application.',
      url.href.replace(/^http:/, 'https:'),
    );
  return url.href;
}

/** Names separated by blanks (RFC 6749 section 3.3). */
export function scope(text: string): string | Refusal {
  const names = text.split(/\s+/);
  return names.every((name) => /^[!#-[\]-~]+$/.test(name))
    ? names.join(' ')
    : new Refusal(
        'VALUE_INVALID',
        'A scope consists of names in ASCII with blanks between them, without quotation marks and backslashes (RFC 6749).',
        (name) => `Write ${name}=… as the provider documents it, such as https://mail.google.com/.`,
      );
}
