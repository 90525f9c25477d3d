import * as fc from 'fast-check';
import { descriptionsOf, type Fault, formatReport } from '#settings';
import { loadConfiguration, settingSchemas } from './configuration.js';

const secret = 'Xq7Zv9Kj';

const settings = [...descriptionsOf(settingSchemas)].filter(([name]) => !name.endsWith('_FILE'));

// Near-valid texts find more than noise does.
const text = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 30 }),
  fc.constantFrom('true', 'False', '465', '587', '25', '0', 'off', 'auto', 'none', 'production'),
  fc.constantFrom('mail.acme.io', '::1', 'a@acme.io', '"A" <a@acme.io>', 'TLSv1.3', '10s', '"'),
);

const secretText = fc.tuple(
  fc.constantFrom('', 'smtp://', 'smtps://a:', 'postgres://a:', 'http://', '"', ' ', '#', '%'),
  fc.string({ maxLength: 3 }),
  fc.constantFrom('', '@', '@mail.acme.io', '/', '#x@h', ':587', '\n', '?a=b', '\u200b'),
);

const environment = fc.record(
  Object.fromEntries(
    settings.map(([name, { secret: isSecret }]) => [
      name,
      isSecret ? secretText.map(([before, noise, after]) => before + noise + secret + after) : text,
    ]),
  ),
  { requiredKeys: [] },
);

const looseNames = fc.dictionary(
  fc.constantFrom(
    'SMTP_PASS',
    'SMTP_PASSWRD',
    'SMTP_URI',
    'SMTP_SECRETS',
    'SMTP_X',
    'DATABASE_URI',
  ),
  fc.constant(secret),
);

describe('Whatever the environment holds', () => {
  it('it is judged without a crash, each fault says why and what to write, and no secret is shown', () => {
    fc.assert(
      fc.property(environment, looseNames, (env, loose) => {
        const result = loadConfiguration({ env: { ...env, ...loose } });
        const faults: readonly Fault[] = result.ok ? [] : result.faults;
        for (const { why, instead } of [...faults, ...result.warnings]) {
          expect(why).toMatch(/^[^a-z ].*[.]$/s);
          expect(instead).toMatch(/^(Write|Remove|Did you mean|Put|If|Port|Save|Make) .*[.]$/s);
        }
        const report = formatReport(faults, result.warnings) + JSON.stringify(faults);
        expect(report).not.toContain(secret);
        expect(new Set(faults.map(({ setting }) => setting)).size).toBe(faults.length);
      }),
      { numRuns: 1000 },
    );
  });

  it('a URL or address with a password in a setting that is none shows none of it', () => {
    const plain = settings.filter(([, { secret: isSecret }]) => !isSecret).map(([name]) => name);
    fc.assert(
      fc.property(fc.constantFrom(...plain), secretText, (name, [before, noise, after]) => {
        const value = `https://ada:${before}${noise}${secret}${after}@acme.io`;
        const result = loadConfiguration({ env: { [name]: value } });
        const report = formatReport(result.ok ? [] : result.faults, result.warnings);
        expect(report).not.toContain(secret);
      }),
      { numRuns: 1000 },
    );
  });
});
