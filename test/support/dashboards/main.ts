// `npm run dashboards:pictures`: pictures of all dashboards with the data of a Prometheus, for the documentation.
import { mkdir } from "node:fs/promises";
import path from "node:path";
import { Command } from "commander";
import { settingsOf } from "./settings.ts";
import { writePictures } from "./write-pictures.ts";

interface Options {
  readonly prometheus: string;
  readonly environment: string;
  readonly service: string;
  readonly minutes: string;
  readonly scrapeInterval: string;
  readonly out: string;
}

const options = new Command("npm run dashboards:pictures --")
  .description("Asks a Prometheus every query of the dashboards, and draws what they show as SVG.")
  .requiredOption("--prometheus <url>", "where Prometheus is, such as http://10.213.0.2:9090")
  .option("--environment <name>", "the environment that is looked at", "local")
  .option("--service <name>", "the service that is looked at", "atom")
  .option("--minutes <number>", "length of the range, until now", "30")
  .option("--scrape-interval <seconds>", "time between two scrapes", "2")
  .option("--out <directory>", "where to write", path.join("docs", "dashboards"))
  .parse()
  .opts<Options>();

const { environment, service, out } = options;
await mkdir(out, { recursive: true });
const files = await writePictures({
  settings: await settingsOf(environment, service),
  prometheus: new URL(options.prometheus),
  range: Number(options.minutes) * 60,
  scrapeInterval: Number(options.scrapeInterval),
  folder: out,
});
console.log(files.join("\n"));
