/**
 * What `orch completion SHELL` prints: a function that asks `orch complete` and hands over what it answers. All
 * knowledge is on the other side; here is only what each shell wants to have done.
 */

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

export const SCRIPTS: Readonly<Record<Shell, string>> = {
  // Works from bash 3.2 (macOS) on, with and without the package bash-completion. Words are handed over as data:
  // nothing of the line is evaluated.
  bash: `# Completion of orch for bash. Put this line into ~/.bashrc:
#
#   source <(orch completion bash)
#
# or, where the package bash-completion is there, the output of \`orch completion bash\` into
# ~/.local/share/bash-completion/completions/orch

_orch() {
  local orch=\${COMP_WORDS[0]} disk='' line
  COMPREPLY=()
  case $orch in '~/'*) orch=$HOME/\${orch#??} ;; esac
  type -P "$orch" >/dev/null || orch=orch
  while IFS= read -r line; do
    if [[ -z $disk ]]; then disk=$line; else COMPREPLY[\${#COMPREPLY[@]}]=$line; fi
  done <<<"$("$orch" complete bash "$COMP_TYPE" "$COMP_WORDBREAKS" "\${COMP_LINE:0:COMP_POINT}" 2>/dev/null)"
  # Without candidates bash offers files, as the registration below says.
  type compopt >/dev/null 2>&1 || return 0
  case $disk in
    files | otherwise) [[ \${#COMPREPLY[@]} -gt 0 ]] || compopt +o nospace ;;
    folders) compopt +o default +o nospace -o dirnames ;;
    *) compopt +o default ;;
  esac 2>/dev/null
  return 0
}
complete -o default -o nospace -F _orch orch
`,
  zsh: `#compdef orch
# Completion of orch for zsh. Put this line into ~/.zshrc, below compinit if that is called there:
#
#   source <(orch completion zsh)
#
# or the output of \`orch completion zsh\` into a file _orch in a folder of $fpath.

_orch() {
  local orch=\${(Q)words[1]} disk line value found=1
  local -a lines complete open
  orch=\${~orch}
  whence -p -- "$orch" >/dev/null || orch=orch
  lines=("\${(@f)$("$orch" complete zsh -- "\${(@Q)words[2,CURRENT-1]}" "\${(Q)PREFIX}" 2>/dev/null)}")
  disk=\${lines[1]}
  for line in "\${(@)lines[2,-1]}"; do
    value=\${line[3,-1]}
    value=\${\${\${value//\\\\/\\\\\\\\}//:/\\\\:}/$'\\t'/:}
    if [[ $line == s* ]]; then complete+=("$value"); else open+=("$value"); fi
  done
  (( $#complete )) && _describe orch complete && found=0
  (( $#open )) && _describe orch open -S '' && found=0
  case $disk in
    files) [[ $PREFIX != --*=* ]] || compset -P '*='; _files && found=0 ;;
    folders) [[ $PREFIX != --*=* ]] || compset -P '*='; _files -/ && found=0 ;;
    otherwise) (( found == 0 )) || _files && found=0 ;;
  esac
  return found
}

if [[ \${funcstack[1]} == _orch ]]; then
  _orch "$@"
else
  (( $+functions[compdef] )) || { autoload -Uz compinit && compinit }
  compdef _orch orch
fi
`,
  fish: `# Completion of orch for fish. Put this line into ~/.config/fish/config.fish:
#
#   orch completion fish | source
#
# or the output of \`orch completion fish\` into ~/.config/fish/completions/orch.fish

function __orch_complete
    set -l words (commandline -opc)
    set -l orch $words[1]
    set -e words[1]
    type -q -- $orch; or set orch orch
    set -l typed (commandline -ct)
    # The word at the cursor comes with its quotes.
    set -l current (string replace -r '^["\\']' '' -- $typed)
    test "$current" = "$typed"; and set current (string unescape -- $typed)
    set -l lines (command $orch complete fish -- $words "$current" 2>/dev/null)
    set -l disk $lines[1]
    set -e lines[1]
    test (count $lines) -gt 0; and printf '%s\\n' $lines
    set -l flag (string match -r -- '^--[^=]+=' "$current"; or echo '')
    set -l path (string replace -r -- '^--[^=]+=' '' "$current")
    switch "$disk"
        case files
            for each in (__fish_complete_path $path)
                echo $flag$each
            end
        case folders
            for each in (__fish_complete_directories $path)
                echo $flag$each
            end
        case otherwise
            string match -q -- "$current*" $lines; or __fish_complete_path $current
    end
end
complete -c orch -f -a '(__orch_complete)'
`,
};
