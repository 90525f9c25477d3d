import { Body, Controller, HttpCode, Post, Req, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiProduces, ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import type { DoctorEvent } from '#doctor';
import { ApiProblems, CurrentUser, type Principal, Problem, Role } from '#http';
import { type DoctorOrder, doctorOrderSchema, doctorReportSchema } from './doctor.schemas.js';
import { DoctorRuns } from './doctor.service.js';

const EVENTS = 'text/event-stream';

@Controller('admin/doctor')
@Role('admin')
@ApiTags('SMTP accounts')
@ApiBearerAuth()
export class DoctorController {
  constructor(private readonly doctor: DoctorRuns) {}

  @Post()
  @HttpCode(200)
  @ApiOperation({
    summary: 'Find out why an SMTP account does not send',
    description: [
      'Goes from the settings to the sign-in and the sender, step by step, and says what is wrong and what to do. Nothing is sent, but for a test mail to yourself where `to` is your address. It takes 20 seconds at most, 60 with a test mail.',
      `With \`Accept: ${EVENTS}\` each step comes as an event: \`stage-started\`, \`finding\`, \`stage-ended\`, and \`finished\` with the report; \`problem\` where it can not go on. The \`data\` of an event is JSON in one line.`,
      'A stored secret is used only where it was given for: for changes that lead elsewhere, or for another user, give it again (`secret-required`). Of servers that no account leads to, what is no mail server is not quoted and private addresses are not told.',
      'One run at a time (`doctor-busy`), six a minute (`too-many-requests`).',
    ].join('\n\n'),
  })
  @ApiProduces('application/json', EVENTS)
  @ApiOkResponse({ standardSchema: doctorReportSchema })
  @ApiProblems(
    'validation-failed',
    'unauthenticated',
    'forbidden',
    'not-found',
    'account-read-only',
    'doctor-busy',
    'secret-required',
    'host-refused',
    'recipient-not-own',
    'too-many-requests',
  )
  async examine(
    @Body({ schema: doctorOrderSchema }) order: DoctorOrder,
    @CurrentUser() { userId }: Principal,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    const { signal } = gone;
    if (request.accepts('application/json', EVENTS) === EVENTS) {
      await this.#stream(order, userId, signal, response);
      return;
    }
    const report = await this.doctor.run(order, { userId, signal, tell: () => undefined });
    response.json(report);
  }

  async #stream(
    order: DoctorOrder,
    userId: string,
    signal: AbortSignal,
    response: Response,
  ): Promise<void> {
    const tell = (event: DoctorEvent): void => {
      // Whatever is refused before the first step is answered as everywhere else.
      if (!response.headersSent) beginStream(response);
      response.write(eventOf(event));
    };
    try {
      await this.doctor.run(order, { userId, signal, tell });
    } catch (error) {
      if (!(error instanceof Problem) || !response.headersSent) throw error;
      const { code, title, status, detail } = error;
      response.write(written('problem', { code, title, status, detail }));
    }
    response.end();
  }
}

function beginStream(response: Response): void {
  response.status(200).set({
    'content-type': EVENTS,
    'cache-control': 'no-store',
    // nginx would hold the steps back until the last
    'x-accel-buffering': 'no',
  });
  response.flushHeaders();
}

function eventOf({ kind, ...rest }: DoctorEvent): string {
  if ('report' in rest) return written(kind, rest.report);
  return written(kind, rest);
}

/** JSON has no line break in it, so that nothing a server says can begin a field or an event. */
const written = (event: string, data: object): string =>
  `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
