import { type Environment, Findings } from '#settings';
import { type AccountField, accountFields, type AccountFields } from './account-fields.js';

/**
 * The fields of an account as if they were settings, under the names of the environment. Each value
 * is cleaned here, where it enters: trimmed, or refused where it has a line break or a control
 * character, which could end up in a command or a header.
 */
export function accountEnvironment(fields: AccountFields): {
  environment: Environment;
  findings: Findings;
} {
  const environment = new Map(
    accountFields.flatMap((field) => {
      const original = originalOf(fields[field.name]);
      const text = field.description.verbatim ? original : original?.trim();
      if (original === undefined || !text) return [];
      const secret = field.secret || field.holdsSecret(original);
      const given = { text, original, source: undefined, fromFile: false, secret };
      return [[field.setting, given] as const];
    }),
  );
  const findings = new Findings(environment);
  for (const field of accountFields) {
    const given = environment.get(field.setting);
    if (given) judgeText(field, given.original, findings);
  }
  return { environment, findings };
}

function originalOf(value: string | number | boolean | null | undefined): string | undefined {
  return value === null || value === undefined ? undefined : String(value);
}

function judgeText({ setting, description }: AccountField, text: string, findings: Findings): void {
  const { multiline, verbatim, codes } = description;
  const control = (multiline ? /[^\P{Cc}\t\r\n]/u : /\p{Cc}/u).exec(text)?.[0];
  if (control !== undefined)
    findings.refuse(
      'VALUE_INVALID',
      setting,
      /[\r\n]/.test(control)
        ? 'The value has a line break, and it takes one line.'
        : 'The value contains a control character, which nobody sees.',
      `Write ${setting}=… ${multiline ? 'without control characters' : 'in one line, typed by hand'}.`,
    );
  else if (!multiline && text !== text.trim())
    findings.warn(
      codes?.whitespace ?? 'VALUE_WHITESPACE',
      setting,
      verbatim
        ? 'The value begins or ends with white space; it was kept as it is.'
        : 'White space around the value was removed.',
      `Write ${setting}=… without it${verbatim ? ', if it does not belong there' : ''}.`,
    );
}
