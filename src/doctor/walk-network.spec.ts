import { Matrix } from '../../test/harness/provocations/matrix.js';
import { networkProvocations } from '../../test/harness/provocations/network.js';

const matrix = new Matrix('Network and protocol');
afterAll(() => matrix.print());

it.each(networkProvocations)(
  '$cause: $how',
  async (provocation) => await matrix.provoke(provocation),
);
