// The reference runner of the kit: a folder of images in, boxes.json out. See ../README.md.
//
//     runner model.onnx images/ out/ [--size 640] [--conf 0.25] [--iou 0.45] [--raw]

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <numeric>
#include <opencv2/dnn.hpp>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

namespace fs = std::filesystem;

constexpr int MAX_DET = 300;
const std::set<std::string> SUFFIXES = {".jpg", ".jpeg", ".png", ".bmp"};

struct Box {
    float x1, y1, x2, y2, score;
    int label;
};

// Where the resized image lies in the input.
struct Placement {
    int width, height, left, top;
};

// Python's round(): halves to even, as the default rounding mode does.
int rounded(double value) { return static_cast<int>(std::nearbyint(value)); }

cv::Mat letterbox(const cv::Mat& image, int size, Placement& where) {
    const double gain = std::min(double(size) / image.rows, double(size) / image.cols);
    const int width = std::max(rounded(image.cols * gain), 1);
    const int height = std::max(rounded(image.rows * gain), 1);
    const double dx = (size - width) / 2.0, dy = (size - height) / 2.0;
    where = {width, height, rounded(dx - 0.1), rounded(dy - 0.1)};
    cv::Mat resized, padded;
    cv::resize(image, resized, {width, height}, 0, 0, cv::INTER_LINEAR);
    cv::copyMakeBorder(resized, padded, where.top, rounded(dy + 0.1), where.left, rounded(dx + 0.1),
                       cv::BORDER_CONSTANT, {114, 114, 114});
    return padded;
}

float overlap(const Box& a, const Box& b) {
    const float width = std::min(a.x2, b.x2) - std::max(a.x1, b.x1);
    const float height = std::min(a.y2, b.y2) - std::max(a.y1, b.y1);
    if (width <= 0 || height <= 0) return 0;
    const float common = width * height;
    const float areas = (a.x2 - a.x1) * (a.y2 - a.y1) + (b.x2 - b.x1) * (b.y2 - b.y1);
    return common / (areas - common);
}

// The raw output is (4 + classes) rows of anchors: centre, size, and a score for each class.
std::vector<Box> decode(const cv::Mat& raw, float conf) {
    std::vector<Box> boxes;
    for (int i = 0; i < raw.cols; ++i) {
        int best = 4;
        for (int row = 5; row < raw.rows; ++row)
            if (raw.at<float>(row, i) > raw.at<float>(best, i)) best = row;
        const float score = raw.at<float>(best, i);
        if (!(score > conf)) continue;
        const float x = raw.at<float>(0, i), y = raw.at<float>(1, i);
        const float w = raw.at<float>(2, i) / 2, h = raw.at<float>(3, i) / 2;
        boxes.push_back({x - w, y - h, x + w, y + h, score, best - 4});
    }
    return boxes;
}

std::vector<Box> suppress(std::vector<Box> boxes, float iou) {
    std::stable_sort(boxes.begin(), boxes.end(),
                     [](const Box& a, const Box& b) { return a.score > b.score; });
    std::vector<Box> kept;
    for (const Box& box : boxes) {
        if (kept.size() == MAX_DET) break;
        const auto covers = [&](const Box& other) {
            return other.label == box.label && overlap(other, box) > iou;
        };
        if (std::none_of(kept.begin(), kept.end(), covers)) kept.push_back(box);
    }
    return kept;
}

Box in_image(Box box, const cv::Mat& image, const Placement& where) {
    const auto back = [](float value, int border, int resized, int side) {
        return std::clamp((value - border) / (float(resized) / side), 0.0f, float(side));
    };
    box.x1 = back(box.x1, where.left, where.width, image.cols);
    box.x2 = back(box.x2, where.left, where.width, image.cols);
    box.y1 = back(box.y1, where.top, where.height, image.rows);
    box.y2 = back(box.y2, where.top, where.height, image.rows);
    return box;
}

std::string quoted(const std::string& text) {
    std::string out = "\"";
    for (const unsigned char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        if (c < 32) {
            char code[8];
            std::snprintf(code, sizeof code, "\\u%04x", c);
            out += code;
        } else {
            out += char(c);
        }
    }
    return out + "\"";
}

// Throws std::invalid_argument where a word is no option or no number.
std::map<std::string, double> options_of(const std::vector<std::string>& words) {
    std::map<std::string, double> values = {{"--size", 640}, {"--conf", 0.25}, {"--iou", 0.45}};
    for (size_t i = 3; i < words.size(); ++i) {
        if (words[i] == "--raw") {
            values["--raw"] = 1;
            continue;
        }
        size_t read = 0;
        if (!values.count(words[i])) throw std::invalid_argument(words[i] + " is no option");
        const std::string number = i + 1 < words.size() ? words[i + 1] : "";
        try {
            values[words[i]] = std::stod(number, &read);
        } catch (const std::exception&) {
        }
        if (number.empty() || read != number.size())
            throw std::invalid_argument(words[i] + " needs a number, not '" + number + "'");
        ++i;
    }
    return values;
}

// The raw output, (4 + classes) rows of anchors. Throws where the model returns something else.
cv::Mat raw_of(const cv::Mat& output) {
    if (output.dims != 3 || output.size[1] <= 4 || output.size[1] >= output.size[2])
        throw std::runtime_error("the model returns something else than 4 + classes rows of anchors; "
                                 "export it without NMS (nms=False)");
    return cv::Mat(output.size[1], output.size[2], CV_32F, const_cast<uchar*>(output.data));
}

cv::Mat read(const fs::path& path) {
    try {
        return cv::imread(path.string());
    } catch (const cv::Exception&) {  // more pixels than OpenCV reads
        return {};
    }
}

int run(const std::vector<std::string>& words) {
    if (words.size() < 3) {
        std::cerr << "runner model.onnx images/ out/ [--size 640] [--conf 0.25] [--iou 0.45] [--raw]\n";
        return 2;
    }
    const auto options = options_of(words);
    const int size = int(options.at("--size"));
    const float conf = float(options.at("--conf")), iou = float(options.at("--iou"));
    const bool keep_raw = options.count("--raw") > 0;

    std::vector<fs::path> paths;
    for (const auto& entry : fs::directory_iterator(words[1])) {
        std::string suffix = entry.path().extension().string();
        std::transform(suffix.begin(), suffix.end(), suffix.begin(), ::tolower);
        if (entry.is_regular_file() && SUFFIXES.count(suffix)) paths.push_back(entry.path());
    }
    if (paths.empty()) throw std::runtime_error(words[1] + " holds no image");
    std::sort(paths.begin(), paths.end());

    const fs::path out = words[2];
    fs::create_directories(keep_raw ? out / "raw" : out);
    cv::dnn::Net network = cv::dnn::readNetFromONNX(words[0]);
    std::ofstream json(out / "boxes.json");
    json << "{";
    json.precision(9);
    for (size_t i = 0; i < paths.size(); ++i) {
        json << (i ? ",\n " : "\n ") << quoted(paths[i].filename().string()) << ": [";
        const cv::Mat image = read(paths[i]);
        if (image.empty()) {
            std::cerr << paths[i] << " cannot be read; it has no boxes\n";
            json << "]";
            continue;
        }
        Placement where;
        const cv::Mat input = letterbox(image, size, where);
        network.setInput(cv::dnn::blobFromImage(input, 1 / 255.0, {}, {}, true));
        const cv::Mat output = network.forward();
        const cv::Mat raw = raw_of(output);
        if (keep_raw) {
            std::ofstream floats(out / "raw" / paths[i].filename().replace_extension(".bin"),
                                 std::ios::binary);
            floats.write(reinterpret_cast<const char*>(raw.data), raw.total() * sizeof(float));
        }
        bool first = true;
        for (const Box& each : suppress(decode(raw, conf), iou)) {
            const Box box = in_image(each, image, where);
            json << (first ? "" : ", ") << "[" << box.x1 << ", " << box.y1 << ", " << box.x2 << ", "
                 << box.y2 << ", " << box.score << ", " << box.label << "]";
            first = false;
        }
        json << "]";
    }
    json << "\n}\n";
    std::cout << paths.size() << " images, " << (out / "boxes.json").string() << "\n";
    return 0;
}

int main(int count, char** given) {
    try {
        return run({given + 1, given + count});
    } catch (const std::exception& error) {
        std::cerr << "error: " << error.what() << "\n";
        return 1;
    }
}
