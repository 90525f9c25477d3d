import { createHash, X509Certificate } from 'node:crypto';
import type { Socket } from 'node:net';
import type { Certificate } from './certificates.js';

/*
 * The first flight of TLS 1.2 servers that no library builds any more, octet by octet (RFC 5246
 * section 7.4). Clients of today end the handshake while they read it.
 */

const ECDHE_RSA_AES_128_GCM = 0xc02f;
const DHE_RSA_AES_128_GCM = 0x009e;

const VERSION = Buffer.of(3, 3);
const HANDSHAKE = 22;
const SERVER_HELLO = 2;
const CERTIFICATE = 11;
const SERVER_KEY_EXCHANGE = 12;
const SERVER_HELLO_DONE = 14;

const SECURE_RENEGOTIATION = Buffer.of(0xff, 0x01, 0, 1, 0); // RFC 5746 section 3.2
const RSA_PKCS1_SHA256 = Buffer.of(4, 1);

/** Answers a ClientHello as servers did before RFC 5746: without secure renegotiation. */
export function answerWithoutSecureRenegotiation(socket: Socket): void {
  const hello = serverHello(ECDHE_RSA_AES_128_GCM);
  socket.once('data', () => socket.write(record(hello)));
}

/**
 * Answers a ClientHello with a Diffie-Hellman group of so many bits.
 * @param certificate with an RSA key; nothing is signed with it, since the group is judged first
 */
export function answerWithGroup(bits: number, socket: Socket, { cert }: Certificate): void {
  const chain = vector(3, new X509Certificate(cert).raw);
  const flight = Buffer.concat([
    serverHello(DHE_RSA_AES_128_GCM, SECURE_RENEGOTIATION),
    message(CERTIFICATE, vector(3, chain)),
    message(SERVER_KEY_EXCHANGE, group(bits), RSA_PKCS1_SHA256, vector(2, Buffer.alloc(256, 1))),
    message(SERVER_HELLO_DONE),
  ]);
  socket.once('data', () => socket.write(record(flight)));
}

function serverHello(cipher: number, extensions?: Buffer): Buffer {
  return message(
    SERVER_HELLO,
    VERSION,
    createHash('sha256').update('server').digest(), // its random octets
    vector(1, Buffer.alloc(0)), // no session
    number(2, cipher),
    Buffer.of(0), // no compression
    ...(extensions ? [vector(2, extensions)] : []),
  );
}

/** ServerDHParams: a modulus, the generator 2, and a public value. */
const group = (bits: number): Buffer =>
  Buffer.concat([
    vector(2, Buffer.alloc(bits / 8, 0xff)),
    vector(2, Buffer.of(2)),
    vector(2, Buffer.alloc(bits / 8, 0x55)),
  ]);

const record = (content: Buffer): Buffer =>
  Buffer.concat([Buffer.of(HANDSHAKE), VERSION, vector(2, content)]);

const message = (type: number, ...parts: Buffer[]): Buffer =>
  Buffer.concat([Buffer.of(type), vector(3, Buffer.concat(parts))]);

/** RFC 5246 section 4.3: the length, in so many octets, and the content. */
const vector = (octets: number, content: Buffer): Buffer =>
  Buffer.concat([number(octets, content.length), content]);

function number(octets: number, value: number): Buffer {
  const written = Buffer.alloc(octets);
  written.writeUIntBE(value, 0, octets);
  return written;
}
