# quipu: one library and one command. `make help` lists the targets.
#
# All output goes to $(BUILD), one folder per kind of build: build (for use), build/clang, build/asan, build/double.
# .ci/packages installs missing packages where it can, and names them otherwise.

BUILD   ?= build
PREFIX  ?= /usr/local
LIBDIR  ?= $(PREFIX)/lib
PYTHONDIR ?= $(PREFIX)/lib/python3/dist-packages
ORACLES ?= ../shared/oracles
MODELS  ?= ../shared/oracles2/hf_models
CASES   ?= ../shared/tokenizers
CASES2  ?= ../shared/cases2
CFLAGS  ?= -O3 -g
ifeq ($(origin CC),default)
CC = gcc
endif
MAKEFLAGS += --no-print-directory
ifeq ($(MAKELEVEL)$(filter -j%,$(MAKEFLAGS)),0)
MAKEFLAGS += -j$(shell nproc 2>/dev/null || echo 1)
endif

VERSION := $(shell sed -n 's/^.define QP_VERSION "\(.*\)"/\1/p' lib/base/version.h)
SONAME  := libquipu.so.$(firstword $(subst ., ,$(VERSION)))

# Hardening: stack protector, checked C library calls, control-flow
# enforcement, read-only relocations, position-independent programs. Sanitizers check more by themselves.
ifeq ($(findstring -fsanitize,$(CFLAGS)),)
MACHINE := $(shell uname -m)
HARDENING ?= -fstack-protector-strong -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 \
    $(if $(filter x86_64,$(MACHINE)),-fcf-protection) $(if $(filter aarch64,$(MACHINE)),-mbranch-protection=standard)
HARDENED_LINK ?= -Wl,-z,relro,-z,now
endif
FLAGS = -std=gnu11 $(CFLAGS) $(HARDENING) -Wall -Wextra -Wshadow -Wconversion -fopenmp -fPIC \
    -fno-semantic-interposition -I. $(EXTRA)
# Debian and Ubuntu have three builds of OpenBLAS, and -lopenblas links the one that the machine prefers. quipu needs
# the one with OpenMP: unlike the pthread build it starts no threads at program start, and unlike the serial build it
# can be called from several threads. Other systems get libopenblas. The library opens it at the first product that
# needs it; only bench/ links it.
OPENMP_BLAS = $(abspath $(filter /%,$(shell $(CC) -print-file-name=openblas-openmp/libopenblas.so.0)))
BLAS = $(or $(OPENMP_BLAS:%=% -Wl,-rpath,$(dir $(OPENMP_BLAS))),-lopenblas)
OTHER_LIBS = -lutf8proc -lpcre2-8 -ljansson -lyaml -lz -lxxhash -lpng16 -lm -ldl -fopenmp
# libraries of the tokenizer: no BLAS, no pictures
TOKENIZER_LIBS = -lutf8proc -lpcre2-8 -ljansson -lyaml -lz -lxxhash -lm -fopenmp
LIBS = $(OTHER_LIBS)

# make MPI=1: processes on several machines train together. `mpicc -show` prints the compiler's command with the folders
# and libraries of MPI, for Open MPI and for MPICH.
LINKS = $(if $(MPI),mpi,alone)
OTHER_LINKS = lib/cluster/cluster_$(if $(MPI),alone,mpi).c
ifneq ($(MPI),)
MPI_COMMAND = $(shell mpicc -show)
MPI_FLAGS = $(filter -I% -D% -pthread,$(MPI_COMMAND))
OTHER_LIBS += $(filter -L% -l% -Wl%,$(MPI_COMMAND))
endif

SANITIZERS = -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=undefined

# see .ci/packages below
STAMP = build/packages.$(notdir $(firstword $(CC)))

object = $(patsubst %.c,$(BUILD)/obj/%.o,$(1))
# every .c file in and below the folders
sources = $(foreach folder,$(1),$(wildcard $(folder)/*.c $(folder)/*/*.c $(folder)/*/*/*.c))
# the folders that the tokenizer uses
TOKENIZER_ROOMS = lib/base lib/config lib/text tokenizer
# the files of the attention page, which become C strings
PAGE         := $(wildcard lib/picture/page/*.css lib/picture/page/*.html lib/picture/page/*.js)
PAGE_OBJ     := $(PAGE:%=$(BUILD)/obj/%.o)
LIB_OBJ      := $(call object,$(filter-out $(OTHER_LINKS),$(call sources,lib tokenizer data))) $(PAGE_OBJ)
TOKENIZER_OBJ := $(call object,$(call sources,$(TOKENIZER_ROOMS)))
CLI_OBJ      := $(call object,$(call sources,cli))
BENCH        := $(patsubst %.c,$(BUILD)/%,$(wildcard bench/*.c))
TEST_OBJ     := $(call object,$(call sources,tests))
TEST_FILES   := $(wildcard tests/*/test_*.c tests/*/*/test_*.c)
TEST_FOLDERS := $(sort $(foreach file,$(TEST_FILES),$(word 2,$(subst /, ,$(file)))))
# what the gradient checks link: they are compiled a second time, in double precision
GRADIENT_OBJ := $(call object,$(call sources,lib/base lib/tensor lib/grad))
TEST_SCRIPTS := $(wildcard tests/examples/*.sh tests/cli/*.sh)
# programs over the public headers alone
EXAMPLES     := $(patsubst tests/examples/%.c,$(BUILD)/examples/%,$(wildcard tests/examples/*.c)) \
                $(patsubst tests/examples/%.cpp,$(BUILD)/examples/%-cpp,$(wildcard tests/examples/*.cpp))
HEADERS      := $(BUILD)/include/quipu/quipu.h $(BUILD)/include/quipu/tokenizer.h

# ---- targets ----

# manual pages and completion, made by the program
PAGES = $(BUILD)/share/man/man1/quipu.1
LIBRARIES = $(BUILD)/libquipu.a $(BUILD)/libquipu.so $(BUILD)/libquipu-tokenizer.a
all: $(BUILD)/quipu $(LIBRARIES) $(PAGES)  ## the command, the libraries, manual pages and completion; MPI=1: with MPI

help:  ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' Makefile | awk -F'|' '{printf "%-20s %s\n", $$1, $$2}'

demo: $(BUILD)/quipu  ## train a small Korean-English translator, try it, draw its attention (about a minute)
	@$(BUILD)/quipu demo

test: test-units  ## all tests
	@$(MAKE) gradcheck

test-units: $(TEST_FOLDERS:%=$(BUILD)/tests/%) $(BUILD)/tests/oracles $(BUILD)/quipu $(EXAMPLES)
	@CC="$(CC)" CXX="$(CXX)" sh tests/run $(BUILD) "$(TEST_FOLDERS)" tests/oracles/cases.sh $(TEST_SCRIPTS)

test-long: $(BUILD)/quipu  ## tests that train for long; each is skipped if its data is missing
	@sh tests/run $(BUILD) "" $(wildcard tests/long/*.sh)

oracles: $(BUILD)/tests/oracles  ## compare with reference results: make oracles ORACLES=DIR
	@OMP_NUM_THREADS=2 $(BUILD)/tests/oracles $(ORACLES)

test-interop: $(BUILD)/quipu  ## exchange models with transformers, in the environment PEERS=DIR or one made for it
	@sh tests/interop/run $(BUILD)
models: $(BUILD)/tests/models  ## compare models of other projects with what they computed: make models MODELS=DIR
	@OMP_NUM_THREADS=2 $(BUILD)/tests/models $(MODELS)

tokenizer-cases: $(BUILD)/tests/cases  ## compare with other tokenizers: make tokenizer-cases CASES=DIR
	@$(BUILD)/tests/cases $(CASES)
	@if [ -d "$(CASES2)" ]; then $(BUILD)/tests/cases --corners $(CASES2); else echo "corners: no $(CASES2), skipped"; fi

# The checks are small: compiling takes longer than running, so not at -O3.
gradcheck:  ## every gradient against finite differences, in double precision
	@$(MAKE) BUILD=$(BUILD)/double CFLAGS="-O1" EXTRA="-DQP_DOUBLE $(EXTRA)" gradient-tests

# At -O1 the sums of the kernels would live in memory: training would take three times as long. Kernels that this
# machine cannot run are not instrumented, which takes longest of all files.
NOT_RUN = $(if $(shell grep -m 1 avx512f /proc/cpuinfo 2>/dev/null),,-fno-sanitize=all)
SANITIZED = BUILD=build/asan CFLAGS="-O1 -g1 $(SANITIZERS)" WIDE=-O2 WIDER="-O2 $(NOT_RUN)"
asan:  ## tests with the address, leak and undefined-behavior sanitizers (gradient checks: the same code in double)
	@$(MAKE) $(SANITIZED) test-units

# Scripts about the files and texts of others, which the Criterion programs damage too.
FOREIGN = bad_model bad_text bad_train file_lists imports limits lost_output odd_input old_files
asan-short:  ## the same with those scripts only that read files of others, for .ci/run
	@$(MAKE) $(SANITIZED) TEST_SCRIPTS="$(FOREIGN:%=tests/cli/%.sh)" test-units

mpi-test:  ## build with MPI in build/mpi; ranks, threads and tasks give one file; ranks that fail or differ
	@$(MAKE) MPI=1 BUILD=build/mpi build/mpi/quipu build/mpi/tests/cluster
	@SCRIPT_JOBS=1 sh tests/run build/mpi "" $(wildcard tests/cluster/*.sh)

mpi-kill-test:  ## kill a random rank of a training N=100 times; it continues to the same file (SEED=time)
	@$(MAKE) MPI=1 BUILD=build/mpi build/mpi/quipu
	@N=$(or $(N),100) QUIPU=$(abspath build/mpi/quipu) sh tests/cluster/kills.sh >build/mpi/kills.tap; \
	    cat build/mpi/kills.tap; ! grep -q '^not ok' build/mpi/kills.tap

mutants:  ## break MUTANTS=220 lines, one at a time; list those that no test notices (SEED=1 FOLDERS="lib/nn")
	@tests/mutants/run $(BUILD)/mutants $(or $(MUTANTS),220) $(or $(SEED),1) $(FOLDERS)

# Faults are made by a library that is preloaded. By hand: POINTS=0 tries every call, N=1000 kills, ONLY=train some.
FAULTS = FAULT="$(abspath $(BUILD)/faults/fault.so)" QUIPU="$(abspath $(BUILD)/quipu)"
kill-test fault-test oom-test: $(BUILD)/quipu $(BUILD)/faults/fault.so
oom-test: $(BUILD)/faults/quipu-leaks
kill-test:  ## kill trainings at every system call and at random moments, and resume them (POINTS=0 N=1000)
	@$(FAULTS) bash tests/faults/kill.sh

fault-test:  ## let every system call fail in every way, and fill the disk (POINTS=0)
	@$(FAULTS) bash tests/faults/fault.sh
	@$(FAULTS) bash tests/faults/disk.sh

oom-test:  ## let every allocation of every command fail, and look for leaks after it (POINTS=0)
	@$(FAULTS) QUIPU="$(abspath $(BUILD)/faults/quipu-leaks)" bash tests/faults/oom.sh

power-test: $(BUILD)/quipu $(BUILD)/faults/fault.so $(BUILD)/faults/power  ## fail the power at every moment (POINTS=0)
	@$(FAULTS) REPLAY="$(abspath $(BUILD)/faults/power)" bash tests/faults/power.sh

soak: $(BUILD)/quipu  ## feed translate, predict and encode odd lines through a pipe: memory flat (SECONDS=600)
	@$(FAULTS) bash tests/faults/soak.sh $(or $(SECONDS),600)

damage-test: $(BUILD)/quipu $(BUILD)/faults/damage  ## damage every byte of small files of every format (STEP=1)
	@$(FAULTS) DAMAGE="$(abspath $(BUILD)/faults/damage)" bash tests/faults/damage.sh

fuzz:  ## build/fuzz/fuzz_*: libFuzzer programs; each takes a folder of inputs, as in tests/fuzz/corpus
	@CC=clang sh .ci/packages build
	@$(MAKE) BUILD=build/fuzz CC=clang CFLAGS="-O1 -g -fsanitize=fuzzer-no-link $(SANITIZERS)" fuzzers

fuzz-readers: fuzz  ## libFuzzer on the readers of other projects' files, each for SECONDS=300
	@sh tests/fuzz/readers build/fuzz $(or $(SECONDS),300)

# Lines of the readers that the kept inputs of tests/fuzz reach, by clang's coverage.
fuzz-coverage:  ## lines of every reader that the inputs in tests/fuzz/corpus reach
	@CC=clang sh .ci/packages build test
	@$(MAKE) BUILD=build/coverage CC=clang CFLAGS="-O1 -g -fprofile-instr-generate -fcoverage-mapping" \
	    build/coverage/tests/fuzz
	@sh tests/fuzz/coverage build/coverage

analyze: $(BUILD)/quipu  ## clang-tidy, cppcheck, gcc -fanalyzer, valgrind, races, uninitialized memory (ONLY=threads)
	@bash .ci/analyze $(BUILD) $(ONLY)

lint: $(HEADERS)  ## check floors, circles, sizes, names, words, warnings of clang (ROOM=lib/grad: one folder)
	@sh .ci/packages lint
	@sh .ci/lint $(ROOM)

rooms:  ## draw the rooms by floor, with the number of units and includes
	@sh .ci/rooms

format:  ## format every source file as .clang-format says
	@sh .ci/packages format
	@clang-format -i $(filter-out $(UNICODE_TABLES), $(shell git ls-files '*.c' '*.h'))
UNICODE_TABLES = lib/text/unicode_letters.c lib/text/unicode_tables.c tests/cases/boundary_tables.c

race: $(BENCH)  ## speed beside CTranslate2, llama.cpp and PyTorch, interleaved (PEERS=DIR ROUNDS=3 PARTS=generate)
	@sh bench/race $(BUILD) $(PARTS)

mpi-speed:  ## two ranks of one thread against one rank of two threads; three quiet minutes
	@$(MAKE) MPI=1 BUILD=build/mpi build/mpi/bench/rank_speed
	@sh bench/mpi_speed build/mpi

mpi-times:  ## an update by 1, 2 and 4 ranks, measured and as bench/cluster computes it; three quiet minutes
	@$(MAKE) MPI=1 BUILD=build/mpi build/mpi/bench/rank_speed build/mpi/bench/cluster
	@sh bench/rank_times build/mpi

bench: $(BENCH)  ## build/bench/*: programs that measure speed

install: all $(HEADERS)  ## install under PREFIX (/usr/local)
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(LIBDIR)/pkgconfig $(DESTDIR)$(PREFIX)/include/quipu \
	    $(DESTDIR)$(PYTHONDIR) $(SHARED:%=$(DESTDIR)$(PREFIX)/share/%)
	for folder in $(SHARED); do \
	    install -m 644 $(BUILD)/share/$$folder/* $(DESTDIR)$(PREFIX)/share/$$folder/ || exit; done
	install -m 644 lib/python/quipu.py $(DESTDIR)$(PYTHONDIR)/
	install -m 755 $(BUILD)/quipu $(DESTDIR)$(PREFIX)/bin/
	install -m 644 $(BUILD)/libquipu.a $(BUILD)/libquipu-tokenizer.a $(DESTDIR)$(LIBDIR)/
	install -m 755 $(BUILD)/libquipu.so $(DESTDIR)$(LIBDIR)/libquipu.so.$(VERSION)
	ln -sf libquipu.so.$(VERSION) $(DESTDIR)$(LIBDIR)/$(SONAME)
	ln -sf libquipu.so.$(VERSION) $(DESTDIR)$(LIBDIR)/libquipu.so
	install -m 644 $(HEADERS) $(DESTDIR)$(PREFIX)/include/quipu/
	$(call pkgconfig,quipu,sequence models on the CPU,-lquipu,$(OTHER_LIBS)) \
	    >$(DESTDIR)$(LIBDIR)/pkgconfig/quipu.pc
	$(call pkgconfig,quipu-tokenizer,text to ids and back,-lquipu-tokenizer $(TOKENIZER_LIBS),) \
	    >$(DESTDIR)$(LIBDIR)/pkgconfig/quipu-tokenizer.pc

# folders of manual pages and completion, in build/share and where they are installed
SHARED = man/man1 bash-completion/completions zsh/site-functions fish/vendor_completions.d

# name, description, libraries, libraries of static linking
pkgconfig = printf '%s\n' 'prefix=$(PREFIX)' 'includedir=$${prefix}/include' \
	    'libdir=$(LIBDIR:$(PREFIX)/%=$${prefix}/%)' 'Name: $(1)' \
	    'Description: $(2)' 'Version: $(VERSION)' 'Cflags: -I$${includedir}' 'Libs: -L$${libdir} $(3)' 'Libs.private: $(4)'

uninstall: $(PAGES)  ## remove what install created
	rm -rf $(DESTDIR)$(PREFIX)/include/quipu
	rm -f $(DESTDIR)$(PREFIX)/bin/quipu $(DESTDIR)$(LIBDIR)/libquipu.* $(DESTDIR)$(LIBDIR)/libquipu-tokenizer.a \
	    $(DESTDIR)$(LIBDIR)/pkgconfig/quipu.pc $(DESTDIR)$(LIBDIR)/pkgconfig/quipu-tokenizer.pc \
	    $(DESTDIR)$(PYTHONDIR)/quipu.py
	for folder in $(SHARED); do (cd $(BUILD)/share/$$folder && ls) | \
	    sed 's|^|$(DESTDIR)$(PREFIX)/share/'$$folder'/|' | xargs rm -f; done

deb: all  ## Debian packages, in build/deb
	@sh .ci/packages deb
	+@.debian/build $(BUILD) $(VERSION)

clean:  ## remove build/
	rm -rf build

gradient-tests: $(BUILD)/tests/gradients
	@sh tests/run $(BUILD) gradients

# ---- rules ----

# Kernels for wide vectors are separate files; the program chooses by the CPU when it starts. Fused products are written
# out (v_fma), and no compiler fuses others, so that gcc and clang make the same bits. WIDE and WIDER add flags to them.
ifeq ($(shell uname -m),x86_64)
$(BUILD)/obj/%_avx2.o: EXTRA += -mavx2 -mfma -mf16c -ffp-contract=off $(WIDE)
$(BUILD)/obj/%_avx512.o: EXTRA += -mavx512f -mavx512bw -mavx512dq -mavx512vl -mfma -mf16c -ffp-contract=off $(WIDER)
$(BUILD)/obj/lib/tensor/bf16/bf16_product_avx512.o: EXTRA += -mavx512bf16
endif

$(BUILD)/obj/lib/tensor/gemm.o: FLAGS += -DQP_BLAS='"$(OPENMP_BLAS)"'

# Stamps record that the packages are installed; one after the other, because only one apt can run at a time.
$(STAMP).build: .ci/packages
	@mkdir -p build
	@CC="$(CC)" sh .ci/packages build && touch $@
$(STAMP).test: $(STAMP).build
	@CC="$(CC)" sh .ci/packages test && touch $@

$(STAMP).mpi: $(STAMP).build
	@CC="$(CC)" sh .ci/packages mpi && touch $@

$(BUILD)/obj/lib/cluster/cluster_mpi.o: EXTRA += $(MPI_FLAGS)
$(BUILD)/obj/lib/cluster/cluster_mpi.o: | $(STAMP).mpi

# Compiling the tests takes longer than running their own code, so without optimizations.
$(BUILD)/obj/tests/%.o: tests/%.c | $(STAMP).test
	@mkdir -p $(@D)
	$(call say,compile $<)$(CC) $(FLAGS) -O0 -U_FORTIFY_SOURCE -MMD -MP -c $< -o $@

$(BUILD)/obj/%.o: %.c | $(STAMP).build
	@mkdir -p $(@D)
	$(call say,compile $<)$(CC) $(FLAGS) -MMD -MP -c $< -o $@

# page.css becomes qp_page_css, one string literal per line.
$(PAGE_OBJ): $(BUILD)/obj/%.o: % Makefile | $(STAMP).build
	@mkdir -p $(@D)
	$(call say,embed $<){ echo 'const char qp_$(subst .,_,$(notdir $<))[] ='; \
	    sed 's/[\\"]/\\&/g; s/^/"/; s/$$/\\n"/' $<; echo ';'; } | $(CC) $(FLAGS) -x c -c - -o $@

# With MPI or without: whoever changes it makes the archive again.
$(BUILD)/links.$(LINKS):
	@mkdir -p $(BUILD); rm -f $(BUILD)/links.*; touch $@

$(BUILD)/libquipu.a: $(LIB_OBJ) $(BUILD)/links.$(LINKS)
	$(call say,archive $@)rm -f $@; ar rcs $@ $(LIB_OBJ)

$(BUILD)/libquipu-tokenizer.a: $(TOKENIZER_OBJ)
	$(call say,archive $@)rm -f $@; ar rcs $@ $^

# The shared library exports what the public headers declare, and nothing else.
$(BUILD)/libquipu.so: $(LIB_OBJ) lib/quipu.map $(BUILD)/links.$(LINKS)
	$(call say,link $@)$(CC) $(FLAGS) $(HARDENED_LINK) -shared -Wl,-soname,$(SONAME) \
	    -Wl,--version-script=lib/quipu.map $(LIB_OBJ) -o $@ $(LIBS)
	@ln -sf libquipu.so $(BUILD)/$(SONAME)

# The public headers as they are installed.
$(BUILD)/include/quipu/quipu.h: lib/quipu.h
	@mkdir -p $(@D)
	@sed 's|"tokenizer/quipu_tokenizer.h"|<quipu/tokenizer.h>|' $< >$@
$(BUILD)/include/quipu/tokenizer.h: tokenizer/quipu_tokenizer.h
	@mkdir -p $(@D)
	@cp $< $@

# Examples are compiled as a user of the library would.
EXAMPLE_FLAGS = $(CFLAGS) -Wall -Wextra -pedantic -I$(BUILD)/include
EXAMPLE_LIBS = -L$(BUILD) -lquipu -Wl,-rpath,$(abspath $(BUILD)) -pthread -lm
$(BUILD)/examples/%: tests/examples/%.c $(HEADERS) $(BUILD)/libquipu.so | $(STAMP).test
	@mkdir -p $(@D)
	$(call say,example $<)$(CC) -std=c11 $(EXAMPLE_FLAGS) $< -o $@ $(EXAMPLE_LIBS)
$(BUILD)/examples/%-cpp: tests/examples/%.cpp $(HEADERS) $(BUILD)/libquipu.so | $(STAMP).test
	@mkdir -p $(@D)
	$(call say,example $<)$(CXX) -std=c++17 $(EXAMPLE_FLAGS) $< -o $@ $(EXAMPLE_LIBS)

$(BUILD)/quipu: $(CLI_OBJ) $(BUILD)/libquipu.a
	$(call say,link $@)$(CC) $(FLAGS) $(HARDENED_LINK) -pie $^ -o $@ $(LIBS)

$(PAGES): $(BUILD)/quipu $(wildcard cli/pages/*)
	$(call say,pages $(BUILD)/share)sh cli/pages/generate $(BUILD)/quipu $(BUILD)/share

$(BUILD)/bench/%: $(BUILD)/obj/bench/%.o $(BUILD)/libquipu.a
	@mkdir -p $(@D)
	$(call say,link $@)$(CC) $(FLAGS) $^ -o $@ $(LIBS) $(BLAS)

# One Criterion program for each folder of tests/; tests/cli and tests/fuzz also link the command's
# files. The runners of reference cases have their own main function.
$(BUILD)/tests/cli $(BUILD)/tests/fuzz: $(filter-out %/main.o,$(CLI_OBJ))
$(BUILD)/tests/oracles $(BUILD)/tests/cases $(BUILD)/tests/models $(BUILD)/tests/cluster: CRITERION =
CRITERION = -lcriterion
$(BUILD)/tests/gradients: $(filter $(BUILD)/obj/tests/grad/%,$(TEST_OBJ)) $(GRADIENT_OBJ)
	@mkdir -p $(@D)
	$(call say,link $@)$(CC) $(FLAGS) $^ -o $@ $(LIBS) $(CRITERION)
.SECONDEXPANSION:
$(BUILD)/tests/%: $$(filter $(BUILD)/obj/tests/$$*/$$(PERCENT),$(TEST_OBJ)) $(BUILD)/libquipu.a
	@mkdir -p $(@D)
	$(call say,link $@)$(CC) $(FLAGS) $(filter %.o,$^) $(BUILD)/libquipu.a -o $@ $(LIBS) $(CRITERION)

$(BUILD)/faults/damage: $(BUILD)/obj/tests/faults/damage.o \
    $(filter-out %/test_fuzz.o,$(filter $(BUILD)/obj/tests/fuzz/%,$(TEST_OBJ))) \
    $(filter-out %/main.o,$(CLI_OBJ)) $(BUILD)/libquipu.a
	@mkdir -p $(@D)
	$(call say,link $@)$(CC) $(FLAGS) $^ -o $@ $(LIBS)

# The leak sanitizer alone needs no other code than the program's.
$(BUILD)/faults/quipu-leaks: $(CLI_OBJ) $(BUILD)/libquipu.a
	@mkdir -p $(@D)
	$(call say,link $@)$(CC) $(FLAGS) $(if $(HARDENING),-fsanitize=leak) $^ -o $@ $(LIBS)

$(BUILD)/faults/power: $(patsubst %,$(BUILD)/obj/tests/faults/%.o,power_replay power_disk fault_folder) \
    $(BUILD)/libquipu.a
	@mkdir -p $(@D)
	$(call say,link $@)$(CC) $(FLAGS) $^ -o $@ $(LIBS)

FAULT_SOURCES := $(wildcard tests/faults/fault_*.c)
$(BUILD)/faults/fault.so: $(FAULT_SOURCES) $(wildcard tests/faults/*.h) | $(STAMP).build
	@mkdir -p $(@D)
	$(call say,link $@)$(CC) -std=gnu11 -O1 -g -Wall -Wextra -Wshadow -Wconversion -fPIC -shared -I. \
	    $(FAULT_SOURCES) -o $@ -ldl

FUZZ_TARGETS := $(patsubst tests/fuzz/fuzz_%.c,%,$(filter-out %_entry.c,$(wildcard tests/fuzz/fuzz_*.c)))
FUZZ_OBJ     := $(LIB_OBJ) $(filter-out %/main.o,$(CLI_OBJ))
fuzzers: $(FUZZ_TARGETS:%=$(BUILD)/fuzz_%)
$(BUILD)/fuzz_%: $(BUILD)/obj/tests/fuzz/fuzz_%.o $(FUZZ_OBJ) tests/fuzz/fuzz_entry.c
	$(call say,link $@)$(CC) $(FLAGS) -fsanitize=fuzzer -DQP_FUZZ_TARGET=qp_fuzz_$* $^ -o $@ $(OTHER_LIBS)

PERCENT = %
# a short line for each step; `make V=1` shows the commands
say = $(if $(V),,@echo "  $(1)"; )

-include $(LIB_OBJ:.o=.d) $(CLI_OBJ:.o=.d) $(TEST_OBJ:.o=.d) $(BENCH:$(BUILD)/%=$(BUILD)/obj/%.d)
.PRECIOUS: $(BUILD)/obj/%.o $(BUILD)/obj/tests/%.o
.DELETE_ON_ERROR:
.PHONY: all deb help demo test test-units test-long test-interop oracles models tokenizer-cases gradcheck \
    gradient-tests asan asan-short mutants mpi-test mpi-kill-test kill-test fault-test oom-test power-test \
    damage-test soak analyze fuzz fuzz-readers fuzz-coverage fuzzers lint rooms format bench mpi-speed mpi-times \
    race install uninstall clean
