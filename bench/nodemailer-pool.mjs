// nodemailer's own pool as the baselines use it.

/**
 * @param secure over STARTTLS, signed in by PLAIN. The certificate is not checked, since checking
 * it would only cost nodemailer time
 */
export const poolOptions = ({ port, connections, secure }) => ({
  host: '127.0.0.1',
  port,
  ...(secure
    ? { requireTLS: true, tls: { rejectUnauthorized: false }, auth: secure }
    : { ignoreTLS: true }),
  pool: true,
  maxConnections: connections,
  maxMessages: Infinity,
});
