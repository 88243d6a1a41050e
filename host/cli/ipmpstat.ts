#!/usr/bin/env node
// The command `ipmpstat`.

import { main, USAGE } from "./ipmpstat/main.js";
import { runTool } from "./tool.js";

await runTool("ipmpstat", USAGE, main);
