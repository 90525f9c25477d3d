import { Matrix } from '../../test/harness/provocations/matrix.js';
import { secureStrangers, tlsProvocations } from '../../test/harness/provocations/tls.js';

const matrix = new Matrix('TLS');
afterAll(() => matrix.print());

it.each([...tlsProvocations, ...secureStrangers])(
  '$cause: $how',
  async (provocation) => await matrix.provoke(provocation),
);
