import assert from 'node:assert';
import { type AccountFields, readAccount, type SmtpSettings } from '#mailer-config';
import { checkHosts } from './host-check.js';

const relay: AccountFields = { host: '8.8.8.8', sender: 'no-reply@acme.example' };

function read(fields: AccountFields, reach: SmtpSettings['reach'] = 'public'): SmtpSettings {
  const reading = readAccount(fields, {
    id: 'id',
    name: 'name',
    appName: 'Acme',
    adminWebUrl: 'https://acme.example',
    reach,
  });
  assert(reading.ok, JSON.stringify(reading));
  return reading.smtp;
}

/** The account of `relay`, with tokens from somewhere private. */
const withTokens = (): SmtpSettings => {
  const smtp = read(relay);
  const oauth2 = { tokenUrl: 'https://[fd00:ec2::254]/token' } as SmtpSettings['auth']['oauth2'];
  return { ...smtp, auth: { ...smtp.auth, oauth2 } };
};

const refusedFields = async (smtp: SmtpSettings, fields: AccountFields) =>
  (await checkHosts(smtp, fields)).refused.map(({ field }) => field);

describe('F05: the field that leads to where it must not', () => {
  it.each<[string, AccountFields]>([
    ['host', { host: '10.0.0.1' }],
    ['url', { host: null, url: 'smtp://10.0.0.1' }],
    ['proxy', { proxy: 'http://10.0.0.1' }],
    ['port', { port: 5432 }],
    ['url', { host: null, url: 'smtp://8.8.8.8:5432' }],
  ])('is %s', async (field, more) => {
    const fields = { ...relay, ...more };
    expect(await refusedFields(read(fields), fields)).toEqual([field]);
    expect(await refusedFields(read(fields, 'any'), fields)).toEqual([]);
  });

  it.each<[string, AccountFields]>([
    ['oauth2TokenUrl', { oauth2TokenUrl: 'https://…' }],
    ['oauth2ServiceKey', { oauth2ServiceKey: '{…}' }],
    ['oauth2TokenUrl', { oauth2TokenUrl: 'https://…', oauth2ServiceKey: '{…}' }],
    // By the provider's own.
    ['oauth2TokenUrl', {}],
  ])('is %s with %j', async (field, more) => {
    expect(await refusedFields(withTokens(), { ...relay, ...more })).toEqual([field]);
  });
});
