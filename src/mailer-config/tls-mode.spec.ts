import { type TlsFlags, tlsMode } from './tls-mode.js';

const ports = [25, 465, 587, 1025, 2465, 2525, 2587, 8465, undefined];

function row(
  tls: boolean | undefined,
  opportunistic: boolean | undefined,
  more: Partial<TlsFlags> = {},
): string[] {
  return ports.map((port) => {
    const mode = tlsMode({ tls, opportunistic, port, anyPort: false, ...more });
    return 'fault' in mode ? mode.fault : `${mode.security} ${mode.port}`;
  });
}

const both = Array.from({ length: ports.length }, () => 'BOTH_TLS_FLAGS');
const onPlain = 'TLS_MODE_IMPLICIT_ON_PLAIN';
const onImplicit = 'TLS_MODE_PLAIN_ON_IMPLICIT';
const implicitRow = [
  onPlain,
  'implicit-tls 465',
  onPlain,
  'implicit-tls 1025',
  'implicit-tls 2465',
  'implicit-tls 2525',
  onPlain,
  'implicit-tls 8465',
  'implicit-tls 465',
];

function plainRow(security: string): string[] {
  return [
    `${security} 25`,
    onImplicit,
    `${security} 587`,
    `${security} 1025`,
    onImplicit,
    `${security} 2525`,
    `${security} 2587`,
    onImplicit,
    `${security} 587`,
  ];
}

describe('The TLS table, over the ports 25, 465, 587, 1025, 2465, 2525, 2587, 8465 and none', () => {
  it.each([
    [true, undefined, implicitRow],
    [true, false, implicitRow],
    [true, true, both],
    [false, undefined, plainRow('starttls')],
    [false, true, plainRow('starttls')],
    [false, false, plainRow('clear')],
    // Unset, SMTP_TLS is true on 465 alone.
    [undefined, undefined, plainRow('starttls').with(1, 'implicit-tls 465')],
    [undefined, true, plainRow('starttls').with(1, 'BOTH_TLS_FLAGS')],
    [undefined, false, plainRow('clear').with(1, 'implicit-tls 465')],
  ])('SMTP_TLS=%s SMTP_OPPORTUNISTIC_TLS=%s', (tls, opportunistic, expected) => {
    expect(row(tls, opportunistic)).toEqual(expected);
  });

  it('SMTP_TLS_ANY_PORT lifts the rules of the ports, not that of the flags', () => {
    const lifted = { anyPort: true };
    expect(row(true, undefined, lifted)).toEqual(
      ports.map((port) => `implicit-tls ${port ?? 465}`),
    );
    expect(row(false, undefined, lifted)).toEqual(ports.map((port) => `starttls ${port ?? 587}`));
    expect(row(false, false, lifted)).toEqual(ports.map((port) => `clear ${port ?? 587}`));
    expect(row(true, true, lifted)).toEqual(both);
  });

  it('every fault names what to write instead, and following it leads out', () => {
    for (const tls of [true, false, undefined])
      for (const opportunistic of [true, false, undefined])
        for (const port of ports) {
          const mode = tlsMode({ tls, opportunistic, port, anyPort: false });
          if (!('fault' in mode)) continue;
          const [advice = ''] = mode.instead.split(/, or|;/);
          const set = (name: string): boolean | undefined =>
            new RegExp(`${name}=(true|false)`).exec(advice)?.[1]?.startsWith('t');
          const after = tlsMode({
            tls: set('SMTP_TLS') ?? tls,
            opportunistic: advice.includes('remove SMTP_OPPORTUNISTIC_TLS')
              ? undefined
              : (set('SMTP_OPPORTUNISTIC_TLS') ?? opportunistic),
            port,
            anyPort: false,
          });
          expect(after).not.toHaveProperty('fault');
        }
  });
});
