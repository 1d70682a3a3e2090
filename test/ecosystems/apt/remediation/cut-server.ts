/** Serves a repository over HTTP, and cuts every package off in its middle while the file `cut` is there. */
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { basename, join } from 'node:path';

const [folder, address] = process.argv.slice(2) as [string, string];

const server = createServer((request, response) => {
  const file = join(folder, basename(request.url ?? ''));
  if (!existsSync(file)) {
    response.writeHead(404).end();
    return;
  }
  const bytes = readFileSync(file);
  response.writeHead(200, { 'content-length': bytes.length });
  if (file.endsWith('.deb') && existsSync(join(folder, 'cut'))) {
    response.write(bytes.subarray(0, bytes.length / 2), () => response.socket?.resetAndDestroy());
  } else {
    response.end(bytes);
  }
});

server.listen(0, address, () => console.log((server.address() as { port: number }).port));
