# quipu — see `make help`
BUILD   ?= build
CC      ?= gcc
WARN     = -Wall -Wextra -Wshadow -Wconversion
CFLAGS  ?= -O2 -g
ALL_CFLAGS = -std=gnu11 $(CFLAGS) $(WARN) -fopenmp -I. $(EXTRA)
LIBS     = -lopenblas -lutf8proc -ljansson -lyaml -lz -lpng -lxxhash -lm -fopenmp

LIB_SRC := $(wildcard lib/*/*.c) $(wildcard tokenizer/*.c) $(wildcard data/*.c)
LIB_OBJ := $(LIB_SRC:%.c=$(BUILD)/obj/%.o)
CLI_OBJ := $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard cli/*.c))
TEST_SRC := $(filter-out tests/oracles/%,$(wildcard tests/*/*.c))

all: $(BUILD)/libquipu.a $(if $(CLI_OBJ),$(BUILD)/quipu)

$(BUILD)/obj/%_avx2.o: EXTRA += -mavx2 -mfma -mf16c
$(BUILD)/obj/%_avx512.o: EXTRA += -mavx512f -mavx512bw -mavx512dq -mavx512vl -mfma -mf16c
$(BUILD)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -fPIC -MMD -MP -c $< -o $@

$(BUILD)/libquipu.a: $(LIB_OBJ)
	@rm -f $@
	ar rcs $@ $^

$(BUILD)/quipu: $(CLI_OBJ) $(BUILD)/libquipu.a
	$(CC) $(ALL_CFLAGS) $^ -o $@ $(LIBS)

# one Criterion binary per folder of tests/
$(BUILD)/tests/%: $(BUILD)/libquipu.a tests/%/*.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(filter %.c,$^) $(BUILD)/libquipu.a -o $@ $(LIBS) -lcriterion

test: $(patsubst tests/%/,$(BUILD)/tests/%,$(sort $(dir $(TEST_SRC))))
	@for t in $^; do OMP_NUM_THREADS=1 $$t || exit 1; done

# reference cases computed elsewhere, through the operations they name: make oracles ORACLES=DIR
$(BUILD)/tests/oracles: $(BUILD)/libquipu.a tests/oracles/*.c tests/oracles/*.h
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(filter %.c,$^) $(BUILD)/libquipu.a -o $@ $(LIBS)

oracles: $(BUILD)/tests/oracles
	@OMP_NUM_THREADS=1 $< $(ORACLES)

# central differences need double: the same library, compiled with it
gradcheck:
	@$(MAKE) --no-print-directory BUILD=$(BUILD)/double CFLAGS="$(CFLAGS) -DQP_DOUBLE" $(BUILD)/double/tests/grad
	OMP_NUM_THREADS=1 $(BUILD)/double/tests/grad --filter 'test_gradients/*'

-include $(LIB_OBJ:.o=.d) $(CLI_OBJ:.o=.d)
.PHONY: all test gradcheck oracles
