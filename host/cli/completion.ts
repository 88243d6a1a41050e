// `holdfast completion SHELL`: the script that makes a shell complete holdfast, ipmpstat and if_mpadm. The script asks
// `holdfast completion complete -- WORDS` at each Tab, so the words offered are those of the command table, and the names
// those of the daemon.
//
// Invariant: completing changes nothing and says nothing of what goes wrong: then there is nothing to offer.

import { request } from "../daemon/client.js";
import { pathsOf } from "../daemon/paths.js";
import type { StatusReport } from "../daemon/report.js";
import { type Command, EXIT, UsageError } from "./command.js";
import { addressNames, groupNames, nicNames } from "./select.js";

const SHELLS = ["bash", "zsh", "fish"] as const;

/** Longest wait for the daemon's names: somebody sits before the keyboard. HOLDFAST_COMPLETION_MS sets another. */
const NAMES_MS = Number(process.env.HOLDFAST_COMPLETION_MS) || 1000;

const BASH = `# bash completion of holdfast, ipmpstat and if_mpadm: source it, as in  . <(holdfast completion bash)
_holdfast() {
  local line=\${COMP_LINE:0:COMP_POINT} words cur reply one i prefix
  read -ra words <<<"$line"
  [[ $line == *[[:space:]] || \${#words[@]} -eq 0 ]] && words+=("")
  cur=\${words[\${#words[@]}-1]}
  words[0]=\${words[0]##*/}
  mapfile -t reply < <(command holdfast completion complete -- "\${words[@]}" 2>/dev/null)
  COMPREPLY=()
  case \${reply[0]-} in
    :file) compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "\${cur#--*=}"); return ;;
    :dir) compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "\${cur#--*=}"); return ;;
  esac
  # bash itself breaks words at these: it wants only what follows the last of them
  prefix=
  [[ $cur == *[:=]* ]] && prefix=\${cur%"\${cur##*[:=]}"}
  for one in "\${reply[@]}"; do
    one=\${one%%$'\\t'*}
    [[ -n $one ]] && COMPREPLY+=("\${one#"$prefix"}")
  done
  [[ \${#COMPREPLY[@]} -eq 1 && \${COMPREPLY[0]} == *[,=] ]] && compopt -o nospace
  return 0
}
complete -F _holdfast holdfast ipmpstat if_mpadm
`;

const ZSH = `#compdef holdfast ipmpstat if_mpadm
# zsh completion of holdfast, ipmpstat and if_mpadm: put it into a file _holdfast in a folder of $fpath,
# or source it after compinit, as in  . <(holdfast completion zsh)
_holdfast() {
  local -a reply values shown
  local one
  reply=("\${(@f)$(command holdfast completion complete -- "\${words[1]:t}" "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  case \${reply[1]} in
    :file) compset -P '--*='; _files; return ;;
    :dir) compset -P '--*='; _files -/; return ;;
  esac
  for one in "\${reply[@]}"; do
    [[ -n $one ]] || continue
    values+=("\${one%%$'\\t'*}")
    shown+=("\${one/$'\\t'/  }")
  done
  compadd -l -d shown -a values
}
if [[ $funcstack[1] == _holdfast ]]; then
  _holdfast "$@"
else
  compdef _holdfast holdfast ipmpstat if_mpadm
fi
`;

const FISH = `# fish completion of holdfast, ipmpstat and if_mpadm: holdfast completion fish | source
function __holdfast_complete
    set -l words (commandline -opc) (commandline -ct)
    set words[1] (string replace -r '.*/' '' -- $words[1])
    set -l reply (command holdfast completion complete -- $words 2>/dev/null)
    set -l cur (commandline -ct)
    set -l head ''
    string match -qr '^--[^=]*=' -- $cur; and set head (string match -r '^--[^=]*=' -- $cur)
    switch "$reply[1]"
        case ':file'
            for one in (__fish_complete_path (string replace -r '^--[^=]*=' '' -- $cur))
                printf '%s\\n' $head$one
            end
        case ':dir'
            for one in (__fish_complete_directories (string replace -r '^--[^=]*=' '' -- $cur) '')
                printf '%s\\n' $head$one
            end
        case '*'
            printf '%s\\n' $reply
    end
end
for program in holdfast ipmpstat if_mpadm
    complete -c $program -f -a '(__holdfast_complete)'
end
`;

const SCRIPTS: Readonly<Record<(typeof SHELLS)[number], string>> = { bash: BASH, zsh: ZSH, fish: FISH };

/** Names of a kind, from the daemon; none if it does not answer. */
async function namesOf(kind: string, state: string): Promise<string[]> {
  const late = new Promise<never>((_, reject) => setTimeout(() => reject(new Error("late")), NAMES_MS).unref());
  try {
    const report = (await Promise.race([request(pathsOf(state).socket, "status"), late])) as StatusReport;
    if (kind === "GROUP") return groupNames(report);
    if (kind === "NIC") return nicNames(report);
    return [...groupNames(report), ...nicNames(report), ...addressNames(report)];
  } catch {
    return [];
  }
}

export const completion: Command = {
  name: "completion",
  summary: "print what makes a shell complete commands and names",
  synopsis: "bash|zsh|fish",
  details:
    "bash:  . <(holdfast completion bash)               in ~/.bashrc\n" +
    "zsh:   holdfast completion zsh > _holdfast         in a folder of $fpath\n" +
    "fish:  holdfast completion fish > ~/.config/fish/completions/holdfast.fish\n" +
    "Completed are commands, options, and the names of groups, NICs and addresses that the daemon has; it is asked at each\n" +
    "Tab, for a second at most (HOLDFAST_COMPLETION_MS sets other milliseconds).",
  options: [],
  operands: ["bash|zsh|fish"],
  async run(input) {
    const [shell] = input.operands;
    const script = SHELLS.find((s) => s === shell);
    if (script === undefined) throw new UsageError(`found "${shell}"; allowed: ${SHELLS.join(", ")}`);
    process.stdout.write(SCRIPTS[script]);
    return EXIT.OK;
  },
};

/** What the scripts ask: candidates for the last of the words, a line each. */
export async function complete(words: readonly string[]): Promise<number> {
  const { candidates } = await import("./complete.js");
  const found = await candidates(words, namesOf);
  process.stdout.write(found.map((c) => `${c}\n`).join(""));
  // an answer that comes too late is not waited for
  process.stdout.write("", () => process.exit(EXIT.OK));
  return EXIT.OK;
}
