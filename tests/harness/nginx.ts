import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createConnection } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { vi } from "vitest";
import { freePort } from "#db/embedded/free-port.ts";

const runs = (program: string, argument: string): boolean =>
  spawnSync(program, [argument], { stdio: "ignore" }).status === 0;

/** The server's program: the one that NOVACRON_NGINX names, one on the PATH, or Debian's. Without it, the tests that need it are skipped and report that. */
export const nginxProgram = [process.env["NOVACRON_NGINX"], "nginx", "/usr/sbin/nginx"].find(
  (program) => program && runs(program, "-v") && runs("openssl", "version"),
);

export interface Nginx {
  /** `https://127.0.0.1:<port>` */
  url: string;
  /** The certificate that a client must trust. */
  certificate: string;
  stop(): Promise<void>;
}

/** Runs nginx with a block of `http`, in which `places` maps texts to their values on this machine. */
export async function startNginx(block: string, places: Readonly<Record<string, string>>): Promise<Nginx> {
  const folder = mkdtempSync(join(tmpdir(), "novacron-nginx-"));
  const file = (name: string) => join(folder, name);
  const port = await freePort();
  execFileSync(
    "openssl",
    [
      ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"],
      ...["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"],
      ...["-keyout", file("key.pem"), "-out", file("certificate.pem")],
    ],
    { stdio: "ignore" },
  );
  const here: Record<string, string> = {
    "listen 443 ssl": `listen 127.0.0.1:${port} ssl`,
    "/etc/ssl/novacron.crt": file("certificate.pem"),
    "/etc/ssl/novacron.key": file("key.pem"),
    ...places,
  };
  let text = block;
  for (const [place, value] of Object.entries(here)) {
    if (!text.includes(place)) throw new Error(`The block has no ${place}.`);
    text = text.replaceAll(place, value);
  }
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((name) => `${name}_temp_path ${file(name)};`)
    .join("\n");
  // When root starts nginx, its workers run as another user, who may not use the folder.
  const user = process.getuid?.() === 0 ? "user root root;" : "";
  writeFileSync(
    file("nginx.conf"),
    `${user} daemon off; worker_processes 1; pid ${file("pid")}; error_log ${file("error.log")};
     events {} http { access_log off; ${temporary}\n${text} }`,
  );
  const child = spawn(nginxProgram ?? "", ["-p", folder, "-c", file("nginx.conf"), "-e", file("error.log")], {
    stdio: "ignore",
  });
  const exited = once(child, "exit");
  const accepts = async () => {
    if (child.exitCode !== null) throw new Error(readFileSync(file("error.log"), "utf8"));
    const socket = createConnection(port, "127.0.0.1");
    await once(socket, "connect").finally(() => socket.destroy());
  };
  await vi.waitFor(accepts, { timeout: 10_000, interval: 20 });
  return {
    url: `https://127.0.0.1:${port}`,
    certificate: readFileSync(file("certificate.pem"), "utf8"),
    stop: async () => {
      child.kill("SIGQUIT");
      const impatient = setTimeout(() => child.kill("SIGTERM"), 1_000);
      await exited;
      clearTimeout(impatient);
      rmSync(folder, { recursive: true });
    },
  };
}
