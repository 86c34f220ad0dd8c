import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setTimeout } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { hello, json, longText, startHello } from "./hello-gateway.ts";

describe("attack 18: a client that is slow", () => {
  it("to send its body gets a 408 and is cut off, as are a hundred that send nothing, while others are answered", async () => {
    const hurried = await startHello(true, { slowRequestMs: 600 });
    const port = Number(new URL(hurried.url).port);
    const cutOff = (begin: string) =>
      new Promise<string>((resolve, reject) => {
        let received = "";
        let dripping: NodeJS.Timeout | undefined;
        const socket = connect(port, "127.0.0.1", () => {
          socket.write(begin);
          // A byte now and then does not extend the limit.
          dripping = setInterval(() => begin !== "" && socket.write(" "), 100);
        });
        socket.on("data", (chunk: Buffer) => (received += chunk.toString()));
        socket.once("close", () => {
          clearInterval(dripping);
          resolve(received);
        });
        socket.on("error", (error: NodeJS.ErrnoException) => {
          if (error.code !== "ECONNRESET" && error.code !== "EPIPE") reject(error);
        });
      });
    const head = `POST /graphql HTTP/1.1\r\nhost: gateway\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n`;
    const dripped = cutOff(`${head}{`);
    const silent = Array.from({ length: 100 }, () => cutOff(""));
    const answer = await fetch(hurried.url, { method: "POST", headers: json, body: hello });
    expect(await answer.json()).toEqual({ data: { hello: "world" } });
    expect(await dripped).toContain("408");
    for (const received of await Promise.all(silent)) expect(received).toMatch(/^$|408/);
    await hurried.close();
  });

  it("to read its response is cut off, and the response is discarded", async () => {
    const hurried = await startHello(true, { unreadAnswerMs: 200 });
    const accepted = new Promise<Socket>((resolve) => {
      const accept = (message: unknown) => {
        unsubscribe("net.server.socket", accept);
        resolve((message as { socket: Socket }).socket);
      };
      subscribe("net.server.socket", accept);
    });
    const client = connect(Number(new URL(hurried.url).port), "127.0.0.1").pause();
    const body = JSON.stringify({ query: "{ long }" });
    client.write(
      `POST /graphql HTTP/1.1\r\nhost: gateway\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    );
    const socket = await accepted;
    await once(socket, "close");
    expect(socket.bytesWritten).toBeGreaterThan(longText.length);
    client.destroy();
    await hurried.close();
  });
});

it("a server that closes answers requests in flight, and accepts no new ones", async () => {
  let letSlowGo: () => void = () => undefined;
  const slow = new Promise<void>((resolve) => (letSlowGo = resolve));
  const closing = await startHello(true, {}, { counted: 0, slow });
  const inFlight = fetch(closing.url, { method: "POST", headers: json, body: JSON.stringify({ query: "{ slow }" }) });
  await fetch(closing.url, { method: "POST", headers: json, body: hello });
  const closed = closing.close();
  await expect.poll(() => canConnect(closing.url)).toBe(false);
  letSlowGo();
  const response = await inFlight;
  expect([response.status, await response.json()]).toEqual([200, { data: { slow: "done" } }]);
  // The client would keep its connection for seconds.
  const answered = performance.now();
  await closed;
  expect(performance.now() - answered).toBeLessThan(1_000);
});

it("a server that closes sends a response to the last byte, to a client that reads slowly", async () => {
  const closing = await startHello(true, {}, { counted: 0, slow: Promise.resolve() });
  const accepted = new Promise<Socket>((resolve) => {
    const accept = (message: unknown) => {
      unsubscribe("net.server.socket", accept);
      resolve((message as { socket: Socket }).socket);
    };
    subscribe("net.server.socket", accept);
  });
  const client = connect(Number(new URL(closing.url).port), "127.0.0.1").pause();
  const body = JSON.stringify({ query: "{ long }" });
  client.write(
    `POST /graphql HTTP/1.1\r\nhost: gateway\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  );
  const socket = await accepted;
  await expect.poll(() => socket.writableLength).toBeGreaterThan(0);
  const closed = closing.close();
  let received = 0;
  for await (const chunk of client) {
    received += (chunk as Buffer).length;
    await setTimeout(2);
  }
  expect(received).toBeGreaterThan(longText.length);
  await closed;
});

const canConnect = (url: string) =>
  new Promise<boolean>((resolve) => {
    const socket = connect(Number(new URL(url).port), "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
