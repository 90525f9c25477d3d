import { byHand, causesOf, correct, doorSettings, serverOf, type Situation } from '../cause.js';
import { perhaps, write } from '../cause.js';

const submission = [
  'https://www.rfc-editor.org/rfc/rfc6409',
  'https://www.rfc-editor.org/rfc/rfc8314',
];

/** The door that answered, else where to look for one. */
function otherDoor({ openDoor }: Situation, ...steps: string[]) {
  return openDoor
    ? write(`use port ${openDoor.port}, which answers`, doorSettings(openDoor.port, openDoor.mode))
    : byHand('find a way to the server', ...steps);
}

/** No connection comes to be, or it ends before a word of SMTP. */
export const connectionCauses = causesOf('network', {
  CONNECTION_REFUSED: {
    settings: ['SMTP_HOST', 'SMTP_PORT'],
    title: (situation) => `Nothing listens at ${serverOf(situation)}`,
    explanation:
      'The machine answered and refused: it is reachable, and no program takes connections on this port. Mail from programs is taken on port 587 (STARTTLS) or 465 (TLS from the first byte), by some services on 2525 as well. Write the port of the provider into SMTP_PORT, and check that the server runs if it is your own.',
    help: (situation) =>
      otherDoor(
        situation,
        'Write SMTP_PORT=587, or SMTP_PORT=465 with SMTP_TLS=true, as the provider says.',
        'If it is your own server, start it and check which address it listens at.',
      ),
    docs: submission,
  },
  CONNECTION_REFUSED_LOOPBACK: {
    settings: ['SMTP_HOST'],
    title: (situation) =>
      `Nothing listens at ${serverOf(situation)}, and inside a container that is the container itself`,
    explanation:
      'localhost means the machine that asks. In a container that is the container, and the mail server runs in another one or on the host. Write the name of its compose service into SMTP_HOST, or host.docker.internal for a server on the host.',
    help: perhaps(
      correct(
        'write where the server really is',
        'Write SMTP_HOST=… with the name of the compose service, or SMTP_HOST=host.docker.internal.',
        'Without containers: start the mail server on this machine.',
      ),
    ),
  },
  CONNECTION_FILTERED: {
    settings: ['SMTP_PORT'],
    title: (situation) => `No answer from ${serverOf(situation)}: packets to this port vanish`,
    explanation:
      'There was neither a yes nor a no, so something on the way drops the packets: a firewall, or a hosting company that blocks mail ports (many block 25, some 465 and 587 too). Use a port that gets through, as 2525 does at many services, or have the port opened for this machine.',
    help: (situation) =>
      otherDoor(
        situation,
        `Allow outgoing TCP to ${serverOf(situation)} in the firewall or security group.`,
        'Ask your hosting company whether it blocks mail ports, and to lift that.',
        'Otherwise use a provider that takes mail on port 2525 or 443.',
      ),
    docs: submission,
  },
  PORT_25_BLOCKED: {
    settings: ['SMTP_PORT'],
    title: ({ host }) => `Port 25 is blocked on the way out; ${host} answers on another port`,
    explanation:
      'Port 25 is for mail between servers and most networks block it for everybody else. Programs hand mail in on port 587 (STARTTLS) or 465 (TLS from the first byte), where they sign in. Write SMTP_PORT=587, or SMTP_PORT=465 with SMTP_TLS=true.',
    help: ({ openDoor }) => {
      const { port, mode } = openDoor ?? { port: 587, mode: 'starttls' as const };
      return write(`use port ${port}, where programs hand mail in`, doorSettings(port, mode));
    },
    docs: submission,
  },
  CONNECTION_RESET: {
    settings: ['SMTP_HOST', 'SMTP_PORT'],
    title: (situation) => `The connection to ${serverOf(situation)} is reset`,
    explanation:
      'The connection was cut at once by the server or by a firewall in between, without a word of SMTP. Mostly the address of this machine is not allowed to use this port. Ask the operator of the server to allow it, and try the other submission port.',
    help: (situation) =>
      otherDoor(
        situation,
        'Ask the operator of the server to allow the address of this machine.',
        'Try SMTP_PORT=465 with SMTP_TLS=true, or SMTP_PORT=587.',
      ),
  },
  CLOSED_BEFORE_GREETING: {
    settings: ['SMTP_HOST'],
    title: (situation) =>
      `${serverOf(situation)} takes the connection and closes it without a word`,
    explanation:
      'The port is open and whoever listens does not want to talk with this machine: its address is on a block list, fail2ban has locked it out after failed sign-ins, or a load balancer and the server disagree about the PROXY protocol. Ask the operator to look for the address of this machine in the log of the server and to allow it.',
    help: byHand(
      'have the address of this machine allowed',
      'Find the public address of this machine and look it up in the log of the server.',
      'If it is your own server: check fail2ban, tcp wrappers and the PROXY protocol setting.',
    ),
  },
  SILENT_SERVER: {
    settings: ['SMTP_HOST', 'SMTP_PORT'],
    title: (situation) => `${serverOf(situation)} takes the connection and says nothing`,
    explanation:
      'Neither a greeting came nor an answer to a TLS handshake. Either this is the port of another service, or a load balancer takes connections for a server that is down. Check SMTP_PORT against the page of the provider, and the health of the server if it is your own.',
    help: (situation) =>
      otherDoor(
        situation,
        'Compare SMTP_HOST and SMTP_PORT with the page of the provider.',
        'If it is your own server: check what the load balancer leads to.',
      ),
  },
  GREETING_SLOW: {
    settings: ['SMTP_TIMEOUT_GREETING'],
    severity: 'warning',
    title: ({ host, seconds }) =>
      `${host} greets only after ${seconds === undefined ? 'seconds' : `${seconds.toFixed(1)} s`}`,
    explanation:
      'Servers delay the greeting to keep spam away, or while they look up the name of the address that connects. Where it takes longer than SMTP_TIMEOUT_GREETING no mail goes out. Write twice the measured time into SMTP_TIMEOUT_GREETING, and give the address of this machine a PTR record.',
    help: ({ seconds }) =>
      write(
        'wait twice the measured time',
        { SMTP_TIMEOUT_GREETING: `${Math.max(10, Math.ceil(2 * (seconds ?? 15)))}s` },
        'Have a PTR record made for the address of this machine, if the server is your own network’s.',
      ),
    docs: ['https://www.rfc-editor.org/rfc/rfc5321#section-4.5.3.2.1'],
  },
  DATA_STALL: {
    settings: ['SMTP_TIMEOUT_DATA'],
    retryable: true,
    title: ({ host }) => `${host} takes the message and never confirms it`,
    explanation:
      'The message was handed over and the answer did not come in time, so that nobody knows whether it arrived. The content filter of the server may be slow, or large packets are lost on the way (MTU). Raise SMTP_TIMEOUT_DATA to 5m; if that does not help, lower the MTU of this machine to 1400 and try again.',
    help: perhaps(
      write(
        'wait longer for the confirmation',
        { SMTP_TIMEOUT_DATA: '5m' },
        'If small messages go through and large ones do not, lower the MTU: ip link set dev eth0 mtu 1400',
      ),
    ),
    docs: ['https://www.rfc-editor.org/rfc/rfc5321#section-4.5.3.2.6'],
  },
  DATA_HANGUP: {
    settings: [],
    retryable: true,
    title: ({ host }) => `The connection to ${host} drops at the end of the message`,
    explanation:
      'All was well up to the message itself, and then the connection ended without a reply. A size limit, a content filter or lost large packets (MTU) do that. Send a smaller message first: if it goes through, look for a size limit at the server or lower the MTU of this machine; if not, ask the operator for the log of the server.',
    help: byHand(
      'find out what is dropped',
      'Send a message of a few lines: if it goes through, size or MTU is the cause.',
      'Lower the MTU (ip link set dev eth0 mtu 1400), or ask the operator for the log.',
    ),
  },
});
