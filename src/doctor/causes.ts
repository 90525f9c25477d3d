import { type Cause } from './cause.js';
import { certificateCauses } from './causes/certificate.js';
import { cipherCauses } from './causes/cipher.js';
import { connectionCauses } from './causes/connection.js';
import { deliveryCauses } from './causes/delivery.js';
import { dnsCauses } from './causes/dns.js';
import { healthyCauses } from './causes/healthy.js';
import { hostCauses } from './causes/host.js';
import { limitCauses } from './causes/limits.js';
import { oauth2Causes } from './causes/oauth2.js';
import { protocolCauses } from './causes/protocol.js';
import { providerSignInCauses } from './causes/provider-sign-in.js';
import { proxyCauses } from './causes/proxy.js';
import { senderCauses } from './causes/sender.js';
import { signInCauses } from './causes/sign-in.js';
import { signInSettingCauses } from './causes/sign-in-settings.js';
import { starttlsCauses } from './causes/starttls.js';
import { valueCauses } from './causes/values.js';

/** Every cause there is, in the order in which the doctor meets them; no code is in two lists. */
export const causeLists = [
  healthyCauses,
  hostCauses,
  valueCauses,
  signInSettingCauses,
  dnsCauses,
  connectionCauses,
  proxyCauses,
  protocolCauses,
  starttlsCauses,
  certificateCauses,
  cipherCauses,
  signInCauses,
  providerSignInCauses,
  oauth2Causes,
  senderCauses,
  limitCauses,
  deliveryCauses,
] as const;

type KeysOf<T> = T extends unknown ? keyof T : never;

/** The stable name of a cause. */
export type CauseCode = KeysOf<(typeof causeLists)[number]>;

/** Every cause by its code. */
export const causes = Object.assign({}, ...causeLists) as Readonly<Record<CauseCode, Cause>>;

export const causeCodes = Object.keys(causes) as readonly CauseCode[];

export function isCauseCode(text: string): text is CauseCode {
  return Object.hasOwn(causes, text);
}
