import { z } from 'zod';
import { emailAddressSchema } from '#address';
import { EXIT_CODES, STAGE_IDS } from '#doctor';
import { accountFieldsSchema } from '#mailer-config';

/** What is to be examined, and who gets a test mail. */
export const doctorOrderSchema = z
  .strictObject({
    accountId: z
      .union([z.literal('environment'), z.uuid()], {
        error: 'Take the id of an account in GET /admin/smtp-accounts.',
      })
      .optional()
      .describe('`environment` or the id of an account; it may be disabled'),
    settings: accountFieldsSchema
      .optional()
      .describe(
        'The fields of an account that is not saved. With `accountId`: that account as it would be with these changes',
      ),
    to: emailAddressSchema
      .optional()
      .describe('Your own address, where a test mail is to go. Without it nothing is sent'),
  })
  .refine(({ accountId, settings }) => accountId !== undefined || settings !== undefined, {
    path: ['accountId'],
    error: 'Name an account by "accountId", or give the fields of one in "settings".',
  });

export type DoctorOrder = z.infer<typeof doctorOrderSchema>;

const evidence = z.array(
  z.object({
    kind: z.enum(['banner', 'reply', 'probe', 'certificate', 'dns', 'token', 'setting', 'note']),
    text: z.string(),
    ms: z.number().optional(),
  }),
);
const applicability = z
  .enum(['verified', 'likely', 'guess', 'manual'])
  .describe('`verified`: the doctor reached EHLO with exactly these settings');
const set = z.record(z.string(), z.string()).describe('By name of the setting, such as SMTP_PORT');

const finding = z.object({
  code: z.string().describe('Stable; `gatepost doctor explain CODE` says what it means'),
  severity: z.enum(['error', 'warning']),
  stage: z.enum(STAGE_IDS),
  confidence: z.enum(['certain', 'likely', 'guess']),
  title: z.string().describe('A sentence that stands alone; it may change, the code does not'),
  settings: z.array(z.string()).describe('SMTP_TLS_SERVERNAME is `tlsServername` of an account'),
  marks: z.record(z.string(), z.string()),
  evidence,
  server: z
    .object({
      code: z.int(),
      enhancedCode: z.string().nullable(),
      lines: z.array(z.string()),
    })
    .nullable(),
  node: z
    .object({
      code: z.string().nullable(),
      originalCode: z.string().nullable(),
      message: z.string().optional(),
    })
    .nullable(),
  retryable: z.boolean(),
  fix: z.object({
    applicability,
    summary: z.string(),
    set,
    unset: z.array(z.string()),
    steps: z.array(z.string()),
    alternatives: z.array(z.object({ applicability, summary: z.string().optional(), set })),
  }),
  docs: z.array(z.string()),
});

/** The machine form, as `gatepost doctor --json` has it. */
export const doctorReportSchema = z
  .object({
    schema: z.literal('smtp-doctor/1'),
    ok: z.boolean(),
    exitCode: z
      .literal(Object.values(EXIT_CODES))
      .describe('That of `gatepost doctor`, by the class of the first error'),
    startedAt: z.iso.datetime(),
    durationMs: z.number(),
    target: z
      .object({
        host: z.string(),
        port: z.int(),
        mode: z.enum(['implicit', 'starttls', 'none']),
        provider: z.string().nullable(),
        address: z.string().nullable(),
        auth: z.enum(['none', 'password', 'oauth2']),
        recipient: z.string().nullable(),
      })
      .nullable(),
    settings: z.array(
      z.object({
        name: z.string(),
        value: z.string().optional(),
        readAs: z.union([z.string(), z.number(), z.boolean()]).optional(),
        source: z.string().nullable(),
        secret: z.literal(true).optional(),
        length: z.int().optional(),
        remarks: z.array(z.string()).optional(),
      }),
    ),
    stages: z.array(
      z.object({
        id: z.enum(STAGE_IDS),
        status: z.enum(['passed', 'failed', 'warning', 'skipped']),
        ms: z.number(),
        evidence,
        reason: z.string().optional(),
      }),
    ),
    findings: z.array(finding).describe('The first one is the primary one'),
    transcript: z.array(z.object({ t: z.number(), dir: z.enum(['C', 'S']), line: z.string() })),
  })
  .meta({ title: 'DoctorReport' });
