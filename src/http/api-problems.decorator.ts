import { applyDecorators } from '@nestjs/common';
import { ApiResponse } from '@nestjs/swagger';
import { type ProblemCode, problems } from './problem.errors.js';

/** Tells OpenAPI which error codes a call may answer with, one response a status. */
export function ApiProblems(...codes: ProblemCode[]): MethodDecorator & ClassDecorator {
  const byStatus = Map.groupBy(codes, (code) => problems[code].status);
  return applyDecorators(
    ...[...byStatus].map(([status, ofStatus]) =>
      ApiResponse({
        status,
        description: ofStatus.map((code) => `\`${code}\`: ${problems[code].title}`).join('; '),
        content: { 'application/problem+json': { schema: problemSchema(status, ofStatus) } },
      }),
    ),
  );
}

function problemSchema(status: number, codes: ProblemCode[]) {
  const text = { type: 'string' };
  return {
    type: 'object',
    required: ['type', 'title', 'status', 'detail', 'code'],
    properties: {
      type: text,
      title: text,
      status: { type: 'integer', enum: [status] },
      detail: text,
      code: { type: 'string', enum: codes },
      errors: {
        type: 'array',
        items: {
          type: 'object',
          required: ['field', 'message'],
          properties: { field: text, message: text },
        },
      },
    },
  };
}
