// Drives sync.so's TypeScript SDK through its four calls, and prints what it was told as one line of JSON.
//
// Reads from the environment: BASE_URL, API_KEY, and INPUT, the JSON of a generation's inputs.
import { SyncClient } from "@sync.so/sdk";

const { BASE_URL, API_KEY, INPUT } = process.env;
const client = new SyncClient({ baseUrl: BASE_URL, apiKey: API_KEY });
const request = { model: "lipsync-2", input: JSON.parse(INPUT), options: { sync_mode: "cut_off" } };

const [cost] = await client.generations.estimateCost(request);
const first = await client.generations.create(request);
const second = await client.generations.create(request);

let made = first;
while (!["COMPLETED", "FAILED", "REJECTED"].includes(made.status)) {
  await new Promise((resolve) => setTimeout(resolve, 50));
  made = await client.generations.get(first.id);
}

const ids = (generations) => generations.map(({ id }) => id);
console.log(
  JSON.stringify({
    cost: cost.estimatedGenerationCost,
    made: [first.id, second.id],
    status: made.status,
    outputUrl: made.outputUrl,
    listedByIds: ids(await client.generations.list({ ids: [first.id, second.id] })),
    listedByStatus: ids(await client.generations.list({ status: ["COMPLETED", "FAILED"] })),
    listedRunning: ids(await client.generations.list({ ids: [first.id], status: ["PENDING"] })),
  }),
);
