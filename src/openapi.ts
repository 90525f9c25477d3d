import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';

const { version } = JSON.parse(
  readFileSync(join(import.meta.dirname, '..', 'package.json'), 'utf8'),
) as { version: string };

/** The description of every call, at `/openapi.json`, and the page that shows it, at `/docs`. */
export function serveOpenApi(app: INestApplication, appName: string): OpenAPIObject {
  const document = SwaggerModule.createDocument(
    app,
    new DocumentBuilder()
      .setTitle(`${appName} API`)
      .setVersion(version)
      .setDescription(
        'Accounts whose mail arrives. Errors are `application/problem+json` (RFC 9457) with a ' +
          'stable `code`; lists are paged by `limit` and `cursor`; times are ISO 8601 in UTC.',
      )
      .addBearerAuth()
      .build(),
  );
  SwaggerModule.setup('docs', app, document, {
    jsonDocumentUrl: 'openapi.json',
    yamlDocumentUrl: 'openapi.yaml',
    customSiteTitle: `${appName} API`,
    swaggerOptions: { persistAuthorization: false, tryItOutEnabled: true, docExpansion: 'list' },
  });
  return document;
}
