import { smtpSchema } from '#mailer-config';
import { type Environment, shownValue } from '#settings';
import type { ReportedSetting } from './report.js';

/** Every `SMTP_*` setting as it was given, in the order of the documentation; no secret in it. */
export function reportedSettings(environment: Environment): readonly ReportedSetting[] {
  const order = Object.keys(smtpSchema.shape);
  const place = (name: string): number => {
    const index = Math.max(order.indexOf(name), order.indexOf(name.replace(/_FILE$/, '')));
    return index < 0 ? order.length : index;
  };
  return [...environment.keys()]
    .filter((name) => name.startsWith('SMTP_') && !isReplaced(name, environment))
    .sort((a, b) => place(a) - place(b))
    .map((name) => reported(name, environment));
}

/** The file that holds a value is the source of that value, and no setting beside it. */
function isReplaced(name: string, environment: Environment): boolean {
  return (
    name.endsWith('_FILE') && environment.get(name.slice(0, -'_FILE'.length))?.fromFile === true
  );
}

function reported(name: string, environment: Environment): ReportedSetting {
  const { text = '', original = '', source, secret } = environment.get(name) ?? {};
  const place = { name, source: source ?? null };
  if (secret)
    return { ...place, secret, length: [...original].length, remarks: remarksOn(original) };
  const readAs = readOtherwise(name, text);
  return { ...place, value: shownValue(text, false), ...(readAs === undefined ? {} : { readAs }) };
}

function remarksOn(secret: string): string[] {
  return [
    ...(/^\s/.test(secret) ? ['begins with white space'] : []),
    ...(/\s$/.test(secret) ? ['ends in white space'] : []),
  ];
}

/** How a yes, a no or a time was read, where that is not how it is written. */
function readOtherwise(name: string, text: string): boolean | number | undefined {
  const field = Object.entries(smtpSchema.shape).find(([known]) => known === name)?.[1];
  if (!field || name.endsWith('_FILE')) return undefined;
  const { data } = field.safeParse(text);
  const isOther = typeof data === 'boolean' || typeof data === 'number';
  return isOther && String(data) !== text ? data : undefined;
}
