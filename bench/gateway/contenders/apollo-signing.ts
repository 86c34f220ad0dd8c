import { readFileSync } from "node:fs";
import { ApolloGateway, RemoteGraphQLDataSource } from "@apollo/gateway";
import { ApolloServer } from "@apollo/server";
import { startStandaloneServer } from "@apollo/server/standalone";
import { signatureOf } from "./signed.ts";

/** Apollo's own way of calling, with a signature over the final body. */
class SigningDataSource extends RemoteGraphQLDataSource {
  constructor(name: string, url: string) {
    super({ url });
    const plain = this.fetcher;
    this.fetcher = (address, init) =>
      plain(address, { ...init, headers: { ...init?.headers, ...signatureOf(name, String(init?.body)) } });
  }
}

const gateway = new ApolloGateway({
  supergraphSdl: readFileSync(process.argv[2] ?? "", "utf8"),
  buildService: ({ name, url = "" }) => new SigningDataSource(name, url),
});
const { url } = await startStandaloneServer(new ApolloServer({ gateway }), { listen: { port: 0, host: "127.0.0.1" } });
process.stdout.write(`ready ${url}\n`);
