#include "parsers/body_readers.h"

#include "bodies/anthropic.h"
#include "bodies/cohere.h"
#include "bodies/converse.h"
#include "bodies/gemini.h"
#include "bodies/llama.h"
#include "bodies/ollama.h"
#include "bodies/openai.h"
#include "bodies/tgi.h"
#include "bodies/titan.h"

namespace llmtrail::vendors {

static void read_openai_chunks(JsonValue chunks, std::string_view path, BodyScratch& scratch,
                               AuditRecord& record) {
    read_openai_stream(chunks, path, false, scratch, record);
}

const BodyReaders kOpenAi = {"openai", read_openai_request, read_openai_response,
                             read_openai_chunks};
const BodyReaders kAnthropic = {"anthropic", read_anthropic_request, read_anthropic_response,
                                read_anthropic_stream};
const BodyReaders kCohere = {"cohere", read_cohere_request, read_cohere_response,
                             read_cohere_stream};
const BodyReaders kConverse = {"converse", read_converse_request, read_converse_response,
                               read_converse_stream};
const BodyReaders kGemini = {"gemini", read_gemini_request, read_gemini_response,
                             read_gemini_stream};
const BodyReaders kLlama = {"llama", read_llama_request, read_llama_response, read_llama_stream};
const BodyReaders kOllama = {"ollama", read_ollama_request, read_ollama_response,
                             read_ollama_stream};
const BodyReaders kTgi = {"tgi", read_tgi_request, read_tgi_response, read_tgi_stream};
const BodyReaders kTitan = {"titan", read_titan_request, read_titan_response, read_titan_stream};

}  // namespace llmtrail::vendors
