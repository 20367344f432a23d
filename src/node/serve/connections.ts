import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/**
 * The open connections of a server, by the requests that are under way on them. Node knows which are idle between two requests; but
 * one over which nothing or half a head has come counts as busy there, and would hold up the end.
 */
export class Connections {
  readonly #requests = new Map<Socket, number>();

  constructor(server: Server) {
    server.on('connection', (socket: Socket) => {
      this.#requests.set(socket, 0);
      socket.once('close', () => this.#requests.delete(socket));
    });
  }

  /** A request has come. It is under way until it is read to its end, and answered. */
  begin(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const { socket } = incoming;
    this.#add(socket, 2);
    for (const one of [incoming, outgoing]) one.once('close', () => this.#add(socket, -1));
  }

  #add(socket: Socket, count: number): void {
    const known = this.#requests.get(socket);
    if (known !== undefined) this.#requests.set(socket, known + count);
  }

  /** Closes those on which nothing is under way. */
  closeIdle(): void {
    for (const [socket, requests] of this.#requests) if (requests === 0) socket.destroy();
  }
}
