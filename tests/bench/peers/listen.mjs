// The socket of both Node servers: loopback, any free port, no compression, and SIGTERM for the end. Each connection's
// path names its session (/s/ID).
import { createServer } from 'node:http';
import { WebSocketServer } from 'ws';

// The last 12 messages, of each its beginning: with what is around them a state of about 0.85 KB. The log has them whole.
export const windowSize = 12;
export const kept = text => text.slice(0, 48);

export function listen(onSession, onEnd) {
    const http = createServer((_, response) => response.writeHead(426).end());
    const sockets = new WebSocketServer({
        server: http,
        perMessageDeflate: false,
        clientTracking: false,
        maxPayload: 65536,
    });
    sockets.on('connection', (socket, request) => {
        const id = /^\/s\/([\w-]{1,64})$/.exec(request.url)?.[1];
        socket.on('error', () => socket.terminate());
        if (id) onSession(socket, id);
        else socket.close(4000, 'the path names no session');
    });
    http.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => console.log(`listening ${http.address().port}`));
    process.on('SIGTERM', () => {
        onEnd();
        process.exit(0);
    });
}
