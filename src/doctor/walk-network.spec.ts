import { Matrix } from '../../test/harness/provocations/matrix.js';
import {
  blockedPort25,
  networkProvocations,
  port25IsTested,
} from '../../test/harness/provocations/network.js';

const matrix = new Matrix('Network and protocol');
afterAll(() => matrix.print());

it.each(networkProvocations)(
  '$cause: $how',
  async (provocation) => await matrix.provoke(provocation),
);

(port25IsTested ? it : it.skip)(
  `${blockedPort25.cause}: ${blockedPort25.how} (as root alone)`,
  async () => await matrix.provoke(blockedPort25),
);
