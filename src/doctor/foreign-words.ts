import { isIP } from 'node:net';
import { isPublicAddress } from '#egress';
import type { DoctorEvent, Finding, Report, StageResult } from './report.js';

/** Something answered, and it was no mail server. */
const NO_MAIL_SERVER = /^NOT_|^GREETING_UNTERMINATED$|^STARTTLS_GARBAGE$/;

/**
 * The walk as it may be told to who named a server that this system has no business with: whoever
 * may ask the doctor must not read with his eyes what other services say, nor learn the addresses
 * of the private network. What kind of fault it is stays.
 *
 * @param host as it was named, which is no news
 */
export async function* withoutForeignWords(
  events: AsyncIterable<DoctorEvent>,
  host: string | undefined,
): AsyncGenerator<DoctorEvent, void, void> {
  let isMailServer = true;
  for await (const event of events) {
    if (event.kind === 'finding' && NO_MAIL_SERVER.test(event.finding.code)) isMailServer = false;
    const heard = isMailServer ? event : speechless(event);
    yield JSON.parse(JSON.stringify(heard), (_key, value: unknown) =>
      typeof value === 'string' ? withoutAddresses(value, host) : value,
    ) as DoctorEvent;
  }
}

function speechless(event: DoctorEvent): DoctorEvent {
  switch (event.kind) {
    case 'stage-started':
      return event;
    case 'finding':
      return { ...event, finding: wordless(event.finding) };
    case 'stage-ended':
      return { ...event, result: nothingSeen(event.result) };
    case 'finished':
      return { ...event, report: nothingHeard(event.report) };
    default:
      return event satisfies never;
  }
}

const wordless = (finding: Finding): Finding => ({
  ...finding,
  evidence: finding.evidence.filter(({ kind }) => kind === 'setting' || kind === 'note'),
  server: null,
  node: null,
});

const nothingSeen = (result: StageResult): StageResult =>
  result.status === 'failed' ? { ...result, evidence: [] } : result;

const nothingHeard = (report: Report): Report => ({
  ...report,
  stages: report.stages.map(nothingSeen),
  findings: report.findings.map(wordless),
  transcript: [],
});

/** Whatever could be an IP address, of either family. */
const ADDRESS_LIKE = /[\da-f]*[.:][\da-f:.]*[\da-f]/gi;

const withoutAddresses = (text: string, host: string | undefined): string =>
  text.replace(ADDRESS_LIKE, (found) =>
    isIP(found) === 0 || isPublicAddress(found) || found === host ? found : '(private address)',
  );
