import { oneTransactionSuite } from "./one-transaction-suite.ts";

oneTransactionSuite(1);
