import pinoPretty from 'pino-pretty';

/** Readable lines for a person at a terminal; in colour unless NO_COLOR or the terminal forbids it. */
export function pretty(): pinoPretty.PrettyStream {
  return pinoPretty({
    translateTime: 'HH:MM:ss',
    ignore: 'context,requestId,req,res,responseTime',
    messageFormat: '{msg}',
    singleLine: true,
  });
}
