import pinoPretty from 'pino-pretty';

/** Readable lines for a person at a terminal. */
export function pretty(): pinoPretty.PrettyStream {
  return pinoPretty({
    colorize: !process.env['NO_COLOR'],
    translateTime: 'HH:MM:ss',
    ignore: 'context,requestId,req,res,responseTime',
    messageFormat: '{msg}',
    singleLine: true,
  });
}
