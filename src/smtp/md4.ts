/**
 * MD4 (RFC 1320). Broken for every other purpose, but it is how Windows keeps a password, and
 * OpenSSL 3 has it no more.
 */
export function md4(message: Buffer): Buffer {
  const words = padded(message);
  const state = Uint32Array.of(0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476);
  for (let at = 0; at < words.length; at += 16) mix(state, words.subarray(at, at + 16));
  const digest = Buffer.alloc(16);
  state.forEach((word, index) => digest.writeUInt32LE(word, index * 4));
  return digest;
}

const BLOCK = 64;
const LENGTH = 8;

function padded(message: Buffer): Uint32Array {
  const whole = Math.ceil((message.length + 1 + LENGTH) / BLOCK) * BLOCK;
  const bytes = Buffer.alloc(whole);
  message.copy(bytes);
  bytes[message.length] = 0x80;
  bytes.writeBigUInt64LE(BigInt(message.length) * 8n, whole - LENGTH);
  return Uint32Array.from({ length: whole / 4 }, (_, index) => bytes.readUInt32LE(index * 4));
}

type Function = (x: number, y: number, z: number) => number;

/** A round: its function, its constant, its rotations, the order of the words. */
const ROUNDS: readonly (readonly [Function, number, readonly number[], readonly number[]])[] = [
  [
    (x, y, z) => (x & y) | (~x & z),
    0,
    [3, 7, 11, 19],
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
  ],
  [
    (x, y, z) => (x & y) | (x & z) | (y & z),
    0x5a827999,
    [3, 5, 9, 13],
    [0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15],
  ],
  [
    (x, y, z) => x ^ y ^ z,
    0x6ed9eba1,
    [3, 9, 11, 15],
    [0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15],
  ],
];

function mix(state: Uint32Array, words: Uint32Array): void {
  let [a = 0, b = 0, c = 0, d = 0] = state;
  for (const [combine, constant, rotations, order] of ROUNDS)
    order.forEach((word, step) => {
      const sum = (a + combine(b, c, d) + (words[word] ?? 0) + constant) | 0;
      const by = rotations[step % 4] ?? 0;
      [a, b, c, d] = [d, (sum << by) | (sum >>> (32 - by)), b, c];
    });
  // a Uint32Array takes each sum modulo 2^32
  [a, b, c, d].forEach((word, index) => (state[index] = (state[index] ?? 0) + word));
}
