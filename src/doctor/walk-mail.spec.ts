import { Matrix } from '../../test/harness/provocations/matrix.js';
import { mailProvocations } from '../../test/harness/provocations/mail.js';

const matrix = new Matrix('Sign-in, sender, limits and delivery');
afterAll(() => matrix.print());

it.each(mailProvocations)('$cause: $how', async (provocation) => await matrix.provoke(provocation));
