#!/usr/bin/env node
// The command `if_mpadm`.

import { main, USAGE } from "./if_mpadm/main.js";
import { runTool } from "./tool.js";

await runTool("if_mpadm", USAGE, main);
