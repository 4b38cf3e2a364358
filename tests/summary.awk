# Reads the JUnit file that ctest writes, names every test that was skipped or failed, and ends with the line
# `N passed, N failed, N skipped`. Exits with 1 when a test failed, when there was none, and, with -v skips_fail=1,
# when one was skipped.

function plain(text) {
    gsub(/&lt;/, "<", text)
    gsub(/&gt;/, ">", text)
    gsub(/&quot;/, "\"", text)
    gsub(/&apos;/, "'", text)
    gsub(/&amp;/, "\\&", text)
    return text
}

function attribute(name, from) {
    from = index($0, " " name "=\"")
    if (from == 0) return ""
    from += length(name) + 3
    return plain(substr($0, from, index(substr($0, from), "\"") - 1))
}

/<testcase / {
    test = attribute("name")
    status = attribute("status")
    reason = ""
    broken = 0
}

# A test that could not be started counts as `notrun` too: only what asked to be skipped is a skip.
/<skipped / {
    if (attribute("message") !~ /^SKIP_/) {
        broken = 1
        reason = attribute("message")
    }
}

# The reason of a skip is what the test says. A test that skips one part and fails in another one has failed, which
# ctest does not see.
/SKIPPED: / && reason == "" {
    reason = substr($0, index($0, "SKIPPED: ") + 9)
    sub(/<\/system-out>.*/, "", reason)
    reason = plain(reason)
}
/FAILED:|[0-9] failed|Sanitizer: |terminate called/ { broken = 1 }

/<\/testcase>/ {
    if (status == "run") {
        passed++
    } else if (status == "disabled" || (status == "notrun" && !broken)) {
        skipped++
        skips = skips "skipped: " test " (" (reason == "" ? "it gives no reason" : reason) ")\n"
    } else {
        failed++
        failures = failures "failed: " test (status == "notrun" && reason != "" ? " (" reason ")" : "") "\n"
    }
}

END {
    printf "%s%s", skips, failures
    if (passed + failed + skipped == 0) print "there was no test to run"
    if (skips_fail == 1 && skipped > 0) print "a skipped test counts as an error here, as REJOINDER_REQUIRE_CAPTURES is 1"
    printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped
    exit failed > 0 || passed + skipped == 0 || (skips_fail == 1 && skipped > 0)
}
