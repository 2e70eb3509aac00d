import Glibc

ProcessLimits.apply()
let code = CommandLineInterface.run(Array(CommandLine.arguments.dropFirst()))
fflush(nil)
// Not exit(): it would run the embedded engine's static destructors while threads of the engine may still run. Everything of ours
// is closed by now.
_exit(code)
