#include "enrich/language.h"

#include <doctest/doctest.h>

#include <string>

#include "enrich/enrich.h"

using namespace llmtrail;

static std::string language_of(std::string_view text) {
    auto found = detect_language(text);
    return found ? std::string(found->code) : "";
}

TEST_CASE("prompts as people type them are told by their words or their script") {
    const std::pair<std::string, std::string> kPrompts[] = {
        {"Please summarise the attached contract and name the clauses on liability.", "en"},
        {"Fasse bitte den angehängten Vertrag zusammen und nenne die Haftungsklauseln.", "de"},
        {"Résume ce contrat s'il te plaît", "fr"},
        {"Dime el precio del plan para empresas", "es"},
        {"Какова цена этого плана?", "ru"},
        {"契約書を要約してください", "ja"},
        {"请总结这份合同", "zh"},
        {"계약서를 요약해 주세요", "ko"},
        {"สรุปสัญญานี้", "th"},
        {"Ποια είναι η τιμή;", "el"},
        {"நன்றி", "ta"},
        {"אנא סכם את החוזה המצורף וציין את הסעיפים המגבילים את האחריות שלנו", "he"},
        {"नमस्ते, मेरा ऑर्डर कब आएगा?", "hi"},
    };
    for (const auto& [text, language] : kPrompts) {
        CAPTURE(text);
        CHECK(language_of(text) == language);
    }
}

TEST_CASE("what cannot be told is not said") {
    for (std::string text :
         {"", "ok", "hello", "12345", "????", "\U0001F600\U0001F600\U0001F600",
          "def f(x): return x+1", "mera order kab aayega bhai please batao jaldi se", "ok \xCE\xB1",
          "Please tell me where my order is and when it will arrive at my house. Bitte sagen Sie "
          "mir, "
          "wo meine Bestellung ist und wann sie bei mir zu Hause ankommen wird."}) {
        CAPTURE(text);
        CHECK(language_of(text) == "");
    }
}

TEST_CASE("bytes that are no UTF-8 have no language and do no harm") {
    CHECK(language_of("Please summarise \xFF the contract and name the clauses") == "");
    CHECK(language_of("\xE5\xA5") == "");
    std::string cut(2000, 'x');
    for (size_t i = 0; i + 3 < cut.size(); i += 3) {
        cut.replace(i, 3, "\xE3\x81\x82");
    }
    CHECK(language_of(cut) == "ja");
}

TEST_CASE("limits hold at their edges") {
    CHECK(language_of("\xCE\xB1\xCE\xB2") == "el");  // kLanguageOwnScriptLettersLeast
    CHECK(language_of("\xCE\xB1") == "");
    // Four letters in five are the least share.
    CHECK(language_of("\xCE\xB1\xCE\xB2\xCE\xB3\xCE\xB4 a") == "el");
    CHECK(language_of("\xCE\xB1\xCE\xB2\xCE\xB3 a") == "");
    // What stands behind the bytes looked at does not count, broken or not.
    std::string greek;
    while (greek.size() < kLanguageBytesLookedAt) {
        greek += "\xCE\xB1";
    }
    CHECK(language_of(greek + "\xFF" + std::string(5000, 'a')) == "el");
    greek.resize(kLanguageBytesLookedAt - 2);
    CHECK(language_of(greek + "\xFF") == "");
}

TEST_CASE("languages are added where the source said nothing, and never over its word") {
    AuditRecord record;
    record.set_text(Field::kPromptText, "Please summarise the attached contract for me.");
    record.set_text(Field::kResponseText, "Hier ist die Zusammenfassung des angehängten Vertrags.");
    add_languages(record, LanguageOf::kNone);
    CHECK_FALSE(record.has(Field::kPromptLanguage));

    add_languages(record, LanguageOf::kPrompt);
    CHECK(record.text(Field::kPromptLanguage) == "en");
    CHECK(record.text(Field::kPromptLanguageSource) == "agent");
    CHECK(record.real(Field::kPromptLanguageConfidence).value_or(0) >= kLanguageConfidenceLeast);
    CHECK_FALSE(record.has(Field::kResponseLanguage));

    add_languages(record, LanguageOf::kPromptAndResponse);
    CHECK(record.text(Field::kResponseLanguage) == "de");
    CHECK(record.text(Field::kResponseLanguageSource) == "agent");

    record.set_text(Field::kPromptLanguage, "fr");
    record.remove(Field::kPromptLanguageSource);
    add_languages(record, LanguageOf::kPrompt);
    CHECK(record.text(Field::kPromptLanguage) == "fr");
    CHECK(record.text(Field::kPromptLanguageSource) == "source");
}
